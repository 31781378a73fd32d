package puzzle.engine.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.engine.data.Corpus;

class OneLanguageTest {

  @Test
  void keepsEnglishAlone() {
    String english =
        "The vote on the report of the committee will take place tomorrow, and we agree.";
    List<String> others =
        List.of(
            "Die Abstimmung über den Bericht findet morgen statt, und wir sind damit einverstanden.",
            "La votación sobre el informe tendrá lugar mañana y estamos de acuerdo con ello.",
            "Het verslag van de commissie is goed en we stemmen morgen over dit voorstel.",
            "Ψηφοφορία για την έκθεση θα γίνει αύριο.");
    List<String> all = new ArrayList<>(others);
    all.add(2, english);
    List<String> kept = new ArrayList<>();
    try (Corpus.Documents documents = OneLanguage.english(Corpus.of(all)).documents()) {
      documents.forEachRemaining(kept::add);
    }
    assertEquals(List.of(english), kept);
    assertFalse(OneLanguage.isEnglish(""));
  }
}

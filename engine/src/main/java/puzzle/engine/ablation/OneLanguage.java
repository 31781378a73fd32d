package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import puzzle.engine.data.Corpus;

/**
 * The English documents of a corpus of many languages: one genre where the whole is a broad mix
 * (table 9). A document is English if a fifth of its words are among the ten commonest function
 * words of English, none of which is common in another language of Europe.
 */
final class OneLanguage {

  private static final Set<String> COMMON =
      Set.of("the", "of", "and", "to", "that", "is", "we", "for", "this", "with");

  private static final double SHARE = 0.2;

  private OneLanguage() {}

  static Corpus english(Corpus corpus) {
    List<String> kept = new ArrayList<>();
    try (Corpus.Documents documents = corpus.documents()) {
      while (documents.hasNext()) {
        String text = documents.next();
        if (isEnglish(text)) {
          kept.add(text);
        }
      }
    }
    return Corpus.of(kept);
  }

  static boolean isEnglish(String text) {
    int words = 0;
    int common = 0;
    for (String word : text.toLowerCase(Locale.ROOT).split("\\P{L}+")) {
      words += word.isEmpty() ? 0 : 1;
      common += COMMON.contains(word) ? 1 : 0;
    }
    return words > 0 && common >= SHARE * words;
  }
}

package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.model.InvalidInputException;

/** What stands around a document, for the files that the families come with. */
class SpecialTokensTest {

  private static final String TEMPLATE =
      "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<|begin_of_text|>\","
          + "\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[],"
          + "\"special_tokens\":{\"<|begin_of_text|>\":{\"id\":\"<|begin_of_text|>\",\"ids\":[100],"
          + "\"tokens\":[\"<|begin_of_text|>\"]}}}";
  private static final String BYTE_LEVEL = "{\"type\":\"ByteLevel\",\"trim_offsets\":true}";

  @TempDir Path folder;

  /** Each byte a token. */
  private final Tokenizer bytes = new ByteTokenizer();

  /** Not bytes: it has no line feed to fall back to. */
  private final Tokenizer words = text -> bytes.encode(text);

  @Test
  void llamaBeginsATextAndEndsItWithItsEndOfText() throws IOException {
    tokenizer(
        "{\"type\":\"Sequence\",\"processors\":[" + BYTE_LEVEL + "," + TEMPLATE + "]}",
        "<|begin_of_text|>",
        100,
        "<|end_of_text|>",
        101,
        "<|eot_id|>",
        109);
    write(
        "tokenizer_config.json",
        "{\"bos_token\":\"<|begin_of_text|>\",\"eos_token\":\"<|eot_id|>\"}");
    write("config.json", "{\"eos_token_id\":[109]}");
    write("generation_config.json", "{\"eos_token_id\":[101, 108, 109]}");
    check(100, 101);
  }

  @Test
  void mistralSaysSoInItsTokenizersConfig() throws IOException {
    tokenizer("null", "<s>", 1, "</s>", 2);
    write(
        "tokenizer_config.json",
        "{\"add_bos_token\":true,\"bos_token\":{\"content\":\"<s>\"},\"eos_token\":\"</s>\"}");
    write("config.json", "{\"eos_token_id\":2}");
    check(1, 2);
    write(
        "tokenizer_config.json",
        "{\"add_bos_token\":false,\"bos_token\":\"<s>\",\"eos_token\":\"</s>\"}");
    check(-1, 2);
  }

  @Test
  void qwenBeginsWithNothingAndEndsATextNotATurn() throws IOException {
    tokenizer(BYTE_LEVEL, "<|endoftext|>", 143, "<|im_start|>", 144, "<|im_end|>", 145);
    write("tokenizer_config.json", "{\"add_bos_token\":false,\"eos_token\":\"<|im_end|>\"}");
    write("config.json", "{\"eos_token_id\":145}");
    check(-1, 143);
    write("generation_config.json", "{\"eos_token_id\":[145,143]}");
    check(-1, 143);
    write("config.json", "{\"eos_token_id\":143}");
    check(-1, 143);
  }

  @Test
  void withoutANameInTheConfigsTheTokenizersEndIsTaken() throws IOException {
    tokenizer("null", "[END]", 7);
    write("config.json", "{\"eos_token_id\":null}");
    write("tokenizer_config.json", "{\"eos_token\":\"[END]\"}");
    check(-1, 7);
    write("tokenizer_config.json", "{}");
    assertTrue(
        refusal(words).contains("names the token that ends a text.\nMaybe set corpus.separator"));
    assertEquals('\n', of(bytes, "auto", "auto").separator());
  }

  @Test
  void anEndBeyondTheVocabularyNamesFileAndField() throws IOException {
    tokenizer("null", "</s>", 2);
    write("config.json", "{\"eos_token_id\":[2, 999]}");
    assertTrue(
        refusal(words).contains("config.json: /eos_token_id: [2,999] is beyond"), refusal(words));
    write("config.json", "{\"eos_token_id\":2}");
    write("generation_config.json", "{\"eos_token_id\":200}");
    assertTrue(refusal(words).contains("generation_config.json: /eos_token_id: 200 is beyond"));
  }

  @Test
  void theRunFileDecidesOtherwise() throws IOException {
    tokenizer("null", "<s>", 1, "</s>", 2);
    write("config.json", "{\"eos_token_id\":2}");
    SpecialTokens set = of(words, "<s>", "none");
    assertEquals(1, set.bos());
    assertEquals(-1, set.separator());
    assertEquals('\n', of(words, "none", "\n").separator());
    assertTrue(
        assertThrows(InvalidInputException.class, () -> of(words, "auto", "ab"))
            .getMessage()
            .startsWith("corpus.separator: 'ab' is 2 tokens."));
  }

  @Test
  void theyStandAroundADocumentOnce() {
    SpecialTokens both = new SpecialTokens(1, 2, "", "");
    assertArrayEquals(new int[] {1, 5, 2}, both.around(new int[] {5}));
    assertArrayEquals(new int[] {1, 5, 2}, both.around(new int[] {1, 5, 2}));
    assertArrayEquals(new int[] {1, 2}, both.around(new int[0]));
    assertArrayEquals(new int[] {1, 5}, both.begun(new int[] {5}));
  }

  private void check(int bos, int separator) {
    SpecialTokens found = of(words, "auto", "auto");
    assertEquals(bos, found.bos(), found.bosFrom());
    assertEquals(separator, found.separator(), found.separatorFrom());
  }

  private SpecialTokens of(Tokenizer tokenizer, String bos, String separator) {
    return SpecialTokens.of(folder, tokenizer, bos, separator, 200);
  }

  private String refusal(Tokenizer tokenizer) {
    String message =
        assertThrows(InvalidInputException.class, () -> of(tokenizer, "auto", "auto")).getMessage();
    assertEquals(2, message.lines().count(), message);
    return message;
  }

  private void tokenizer(String processor, Object... added) throws IOException {
    StringBuilder tokens = new StringBuilder();
    for (int i = 0; i < added.length; i += 2) {
      tokens
          .append(i == 0 ? "" : ",")
          .append("{\"content\":\"" + added[i] + "\",\"id\":" + added[i + 1] + "}");
    }
    write(
        "tokenizer.json",
        "{\"added_tokens\":["
            + tokens
            + "],\"post_processor\":"
            + processor
            + ",\"model\":{\"dropout\":null,\"vocab\":{\"a\":0}}}");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }
}

package puzzle.engine.json;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.model.InvalidInputException;

class JsonValueTest {

  @TempDir private Path folder;

  private JsonValue read(String text) throws IOException {
    return JsonValue.read(Files.writeString(folder.resolve("a.json"), text));
  }

  private String refusal(String text, Function<JsonValue, Object> take) {
    String message =
        assertThrows(InvalidInputException.class, () -> take.apply(read(text))).getMessage();
    assertTrue(message.startsWith(folder.resolve("a.json") + ": "), message);
    assertEquals(2, message.lines().count(), message);
    assertTrue(message.lines().toList().get(1).startsWith("Maybe "), message);
    return message;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1, \"a\": 2} | line 1, column",
        "{} {} | line 1, column",
        "{} x | line 1, column",
        "{\"a\": NaN} | line 1, column",
        "{\"a\": Infinity} | line 1, column",
        "{\"a\": | line 1, column",
        "[] | is not an object",
        "`` | empty"
      })
  void takesOneObjectAndNothingElse(String text, String says) {
    String message = refusal(text, value -> value);
    assertTrue(message.contains(says), message);
  }

  @Test
  void holdsABoundedNumberOfBytesValuesAndLevels() throws IOException {
    String deep = "{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}";
    assertTrue(refusal(deep, v -> v).contains("depth"));
    String many = "{\"a\":[" + "0,".repeat(1_100_000) + "0]}";
    assertTrue(refusal(many, v -> v).contains("oken"));
    assertTrue(refusal(" ".repeat(17 << 20) + "{}", v -> v).contains("bytes, more than the"));
    assertTrue(JsonValue.readTable(folder.resolve("a.json")).names().isEmpty());
  }

  @Test
  void namesFilePointerAndValue() {
    String text = "{\"a/b\": [{\"n\": 7.5, \"big\": 1e999, \"s\": \"x\", \"no\": null}]}";
    Function<JsonValue, JsonValue> item = root -> root.list("a/b").get(0);
    assertTrue(
        refusal(text, v -> item.apply(v).integer("n", 0, 9))
            .contains(": /a~1b/0/n: 7.5 is not an integer from 0 to 9."));
    assertTrue(refusal(text, v -> item.apply(v).number("big")).contains("/a~1b/0/big: "));
    assertTrue(refusal(text, v -> item.apply(v).text("no")).contains("/a~1b/0/no: null is not a"));
    assertTrue(
        refusal(text, v -> item.apply(v).object("gone"))
            .contains("/gone: absent, which is not an"));
    assertTrue(
        refusal("{\"l\": [1, \"x\"]}", v -> v.at("l").numbers(false))
            .contains("/l/1: \"x\" is not a finite number"));
    assertTrue(
        refusal("{\"l\": [[1], [2]]}", v -> v.object("l"))
            .contains("/l: a list of 2 is not an object"));
  }

  @Test
  void givesWhatIsAskedFor() throws IOException {
    JsonValue value =
        read("{\"i\": 3, \"x\": 0.5, \"on\": true, \"l\": [1, null], \"t\": [\"a\"]}");
    assertEquals(3, value.integer("i", 0, 9));
    assertEquals(4, value.integer("none", 0, 9, 4));
    assertEquals(0.5, value.number("x", 0, 1));
    assertTrue(value.flag("on"));
    assertArrayEquals(new double[] {1, Double.NaN}, value.at("l").numbers(true));
    assertEquals(List.of("a"), value.texts("t"));
    assertEquals(List.of("i", "x", "on", "l", "t"), value.names());
    assertEquals(List.of(3), value.integers("i", 0, 9));
  }
}

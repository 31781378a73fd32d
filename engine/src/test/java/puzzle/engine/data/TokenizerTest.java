package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.model.InvalidInputException;

class TokenizerTest {

  @TempDir Path folder;

  @Test
  void bytesAreTheSameThroughTheLibraryAndDirectly() {
    ByteTokenizer.write(folder);
    Tokenizer direct = assertInstanceOf(ByteTokenizer.class, Tokenizer.open(folder));
    Tokenizer library = new SubwordTokenizer(folder.resolve("tokenizer.json"));
    Random random = new Random(11);
    StringBuilder everything = new StringBuilder();
    for (int c = 0; c < 0x3000; c++) {
      everything.appendCodePoint(c);
    }
    for (int i = 0; i < 3000; i++) {
      int c = random.nextInt(0x110000);
      everything.appendCodePoint(c >= 0xd800 && c < 0xe000 ? ' ' : c);
    }
    for (String text :
        List.of("", " ", "Hello,  world!\r\n\t", "Żółw 龜 🐢", everything.toString())) {
      int[] tokens = direct.encode(text);
      assertArrayEquals(tokens, library.encode(text), "seed 11");
      assertEquals(text, PackedSequencesTest.text(tokens), "seed 11");
    }
  }

  @Test
  void takesAnyOtherTokenizerThroughTheLibrary() throws IOException {
    ByteTokenizer.write(folder);
    Path file = folder.resolve("tokenizer.json");
    String merged =
        Files.readString(file)
            .replaceFirst("(\"vocab\" : \\{)", "$1 \"ab\": 256,")
            .replaceFirst("\"merges\" : \\[ \\]", "\"merges\": [\"a b\"]");
    Files.writeString(file, merged);
    Tokenizer tokenizer = assertInstanceOf(SubwordTokenizer.class, Tokenizer.open(folder));
    assertArrayEquals(new int[] {256, 'a', 256}, tokenizer.encode("abaab"));
    String longer = "ab".repeat(5000);
    int[] expected = new int[5000];
    Arrays.fill(expected, 256);
    assertArrayEquals(expected, tokenizer.encode(longer));
    assertArrayEquals(
        new int[][] {{256}, {}, expected}, tokenizer.encode(List.of("ab", "", longer)));
  }

  @Test
  void aTokenizerWithDropoutIsRefused() throws IOException {
    ByteTokenizer.write(folder);
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(
        file, Files.readString(file).replace("\"dropout\" : null", "\"dropout\" : 0.1"));
    InvalidInputException refusal =
        assertThrows(InvalidInputException.class, () -> Tokenizer.open(folder));
    assertTrue(
        refusal.getMessage().contains("/model/dropout: 0.1 makes other tokens of a text"),
        refusal.getMessage());
  }

  @Test
  void refusesWhatIsNoTokenizer() throws IOException {
    assertThrows(InvalidInputException.class, () -> Tokenizer.open(folder));
    Path file = folder.resolve("tokenizer.json");
    ByteTokenizer.write(folder);
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      Files.write(file, Arrays.copyOf(good, random.nextInt(good.length - 2)));
      refused("seed 3, " + i);
    }
  }

  @Test
  void survivesATokenizerThatKillsItsLibrary() throws IOException {
    Path file = folder.resolve("tokenizer.json");
    ByteTokenizer.write(folder);
    String good = Files.readString(file);
    for (String bad :
        List.of(
            "{}",
            good.replace("\"decoder\" : {", "\"decoder\" : {\"what\" : 1, \"who\" : {")
                .replace("\"model\" :", "}, \"model\" :"),
            good.replace("\"type\" : \"ByteLevel\"", "\"type\" : \"Elsewhere\""),
            good.replaceFirst("\"!\" : 33", "\"!\" : -33"),
            good.replace("\"merges\" : [ ]", "\"merges\" : [\"zz yy\"]"))) {
      assertNotEquals(good, bad);
      Files.writeString(file, bad);
      refused(bad.substring(0, Math.min(200, bad.length())));
    }
  }

  private void refused(String what) {
    InvalidInputException refusal =
        assertThrows(InvalidInputException.class, () -> Tokenizer.open(folder), what);
    assertEquals(2, refusal.getMessage().lines().count(), refusal.getMessage());
  }
}

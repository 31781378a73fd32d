package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import blue.strategic.parquet.ParquetWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.model.InvalidInputException;

class CorpusTest {

  @TempDir Path folder;

  @Test
  void readsTheSpeeches() {
    List<String> speeches = read(PackedSequencesTest.EUROPARL);
    assertEquals(17_597, speeches.size());
    assertTrue(speeches.get(0).startsWith("Istituzioni europee proteggerlo in tutti i campi."));
  }

  @Test
  void readsEachFormatByItsName() throws IOException {
    write("a.txt", "one\r\nmore of one\r\n\r\n\r\ntwo\n \n");
    write("aa.jsonl", "{\"text\":\"half \\ud83d of a pair\"}");
    write("b.lines.txt", "title\t2001\tthree\nfour");
    write(
        "c/d.jsonl",
        "{\"id\": 1, \"meta\": {\"text\": 1}, \"text\": \"fi\\nve\"}\n\n{\"text\":\"six\"}\n");
    Files.createDirectories(folder.resolve("c"));
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(folder.resolve("e.lines.txt.gz")))) {
      out.write("seven\n\n".getBytes());
    }
    write(".hidden", "never");
    assertEquals(
        List.of(
            "one\nmore of one",
            "two",
            "half ? of a pair",
            "three",
            "four",
            "fi\nve",
            "six",
            "seven"),
        read(folder.toString()));
    Corpus corpus =
        Corpus.open(
            List.of(folder.resolve("b.lines.txt").toString(), folder.resolve("c").toString()));
    assertEquals(List.of("three", "four", "fi\nve", "six"), all(corpus));
    assertEquals(all(corpus), all(corpus));
  }

  @Test
  void readsTheTextColumnOfParquet() throws IOException {
    Path file = folder.resolve("p.parquet");
    MessageType schema =
        Types.buildMessage()
            .required(PrimitiveTypeName.INT64)
            .named("id")
            .optional(PrimitiveTypeName.BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named("text")
            .named("rows");
    List<String> expected = new ArrayList<>();
    try (ParquetWriter<Integer> writer =
        ParquetWriter.writeFile(
            schema,
            file.toFile(),
            (row, values) -> {
              values.write("id", (long) row);
              if (row % 7 != 0) {
                values.write("text", "żółw " + row);
              }
            })) {
      for (int row = 0; row < 5000; row++) {
        writer.write(row);
        if (row % 7 != 0) {
          expected.add("żółw " + row);
        }
      }
    }
    assertEquals(expected, read(file.toString()));

    byte[] good = Files.readAllBytes(file);
    Random random = new Random(9);
    for (int i = 0; i < 80; i++) {
      byte[] bad = good.clone();
      if (i % 2 == 0) {
        bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      } else {
        // The footer is where lengths and offsets are.
        bad[bad.length - 1 - random.nextInt(600)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bad);
      try {
        read(file.toString());
      } catch (InvalidInputException e) {
        assertEquals(2, e.getMessage().lines().count(), "seed 9: " + e.getMessage());
      }
    }
  }

  /** Written by pyarrow's write_table(..., compression="gzip"). */
  @Test
  void readsParquetOfAnotherWriterCompressedWithGzip() throws IOException {
    Path file = folder.resolve("gzip.parquet");
    try (InputStream in = CorpusTest.class.getResourceAsStream("gzip.parquet")) {
      Files.copy(in, file);
    }
    assertEquals(List.of("one", "three"), read(file.toString()));
  }

  @Test
  void cutsTextWithoutEndIntoDocuments() throws IOException {
    char[] text = new char[2 * TextFile.MAX_DOCUMENT + 10];
    Arrays.fill(text, 'x');
    write("long.txt", new String(text));
    assertEquals(
        List.of(TextFile.MAX_DOCUMENT, TextFile.MAX_DOCUMENT, 10),
        read(folder.resolve("long.txt").toString()).stream().map(String::length).toList());
  }

  @Test
  void namesFileAndLineOfWhatIsWrong() throws IOException {
    write("a.jsonl", "{\"text\":\"good\"}\n{\"text\":3}\n");
    assertTrue(
        refusal("a.jsonl").contains("a.jsonl: line 2: no text and no messages in field \"text\""));
    write("b.jsonl", "{\"text\":\"good\"}\n{\"text\":\"cut");
    assertTrue(refusal("b.jsonl").contains("b.jsonl: line 2: not JSON"));
    write("c.jsonl", "[1]\n");
    assertTrue(refusal("c.jsonl").contains("line 1: not a JSON object"));
    write("e.jsonl", "{\"text\":\"one\"} {\"text\":\"two\"}\n");
    assertTrue(refusal("e.jsonl").contains("line 1: more than one JSON object"));
    write("f.jsonl", "{\"text\":\"one\",\"text\":\"two\"}\n");
    assertTrue(refusal("f.jsonl").contains("line 1: not JSON: Duplicate"));
    write("d.jsonl", "[".repeat(100_000));
    assertTrue(refusal("d.jsonl").contains("line 1: "));
    write("e.txt.gz", "this is not gzip");
    assertTrue(refusal("e.txt.gz").contains("cannot be read"));
    assertTrue(refusal("none.txt").contains("no such file"));
    write("g.csv", "a,b");
    assertTrue(refusal("g.csv").contains("g.csv: its name does not say what is in it"));
    assertThrows(InvalidInputException.class, () -> Corpus.open("classpath:none.txt"));
  }

  private void write(String name, String text) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Files.writeString(folder.resolve(name), text);
  }

  private String refusal(String name) {
    String message =
        assertThrows(InvalidInputException.class, () -> read(folder.resolve(name).toString()))
            .getMessage();
    assertEquals(2, message.lines().count(), message);
    return message;
  }

  private static List<String> read(String location) {
    return all(Corpus.open(location));
  }

  static List<String> all(Corpus corpus) {
    List<String> texts = new ArrayList<>();
    try (Corpus.Documents documents = corpus.documents()) {
      documents.forEachRemaining(texts::add);
    }
    return texts;
  }
}

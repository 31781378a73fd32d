package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;
import puzzle.engine.jinja.TemplateException;
import puzzle.model.InvalidInputException;

/**
 * Files as people have them. {@code saved} was written by {@code datasets.Dataset.save_to_disk}
 * 5.2.0, {@code file.arrow} and {@code messages.parquet} by pyarrow 26.0.1: seven rows of {@code
 * id}, {@code tags}, {@code meta.n}, {@code meta.body}, {@code text} and {@code messages}.
 */
class SourceFormatsTest {

  @TempDir Path folder;

  private interface Compressed {
    OutputStream around(OutputStream out) throws IOException;
  }

  @Test
  void readsTextOfEachCompression() throws IOException {
    Map<String, Compressed> all =
        Map.of(
            "a.jsonl.gz", GZIPOutputStream::new,
            "b.jsonl.zst", ZstdOutputStream::new,
            "c.jsonl.xz", out -> new XZOutputStream(out, new LZMA2Options()),
            "d.jsonl.bz2", BZip2CompressorOutputStream::new);
    for (Map.Entry<String, Compressed> one : all.entrySet()) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      // Two streams one after the other, as parallel compressors write them.
      for (String line : List.of("{\"text\":\"one\"}\n", "{\"text\":\"two\"}\n")) {
        try (OutputStream out = one.getValue().around(bytes)) {
          out.write(line.getBytes(StandardCharsets.UTF_8));
        }
      }
      Files.write(folder.resolve(one.getKey()), bytes.toByteArray());
      assertEquals(List.of("one", "two"), read(one.getKey()), one.getKey());
      Files.write(folder.resolve(one.getKey()), Arrays.copyOf(bytes.toByteArray(), 11));
      assertTrue(refusal(one.getKey()).contains(one.getKey()), one.getKey());
    }
  }

  @Test
  void readsJsonAsAListAsLinesAndAsItIsPrinted() throws IOException {
    write("list.json", "[{\"text\":\"one\"},\n {\"id\":2,\"text\":\"two\"}]\n");
    write("lines.json", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n");
    write("printed.json", "{\n \"text\":\n \"one\"\n}\n{\n \"text\": \"two\" }");
    for (String file : List.of("list.json", "lines.json", "printed.json")) {
      assertEquals(List.of("one", "two"), read(file), file);
    }
    write("bad.json", "[{\"text\":\"one\"},\n{\"text\":2}]");
    assertTrue(refusal("bad.json").contains("bad.json: line 2: no text"));
    write("bad.json", "[{\"text\":\"one\"}] {\"text\":\"two\"}");
    assertTrue(refusal("bad.json").contains("not a JSON object"));
    write("bad.json", "[{\"text\":\"one\"},");
    assertTrue(refusal("bad.json").contains("not JSON"));
    write("bad.json", "3");
    assertTrue(refusal("bad.json").contains("not a JSON object"));
  }

  @Test
  void readsAnyFieldAndConversations() throws IOException {
    write(
        "a.jsonl",
        "{\"text\":\"no\",\"meta\":{\"x\":[1],\"body\":\"yes\"},\"messages\":"
            + "[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"yo\"}]}\n"
            + "{\"meta\":{\"body\":null},\"messages\":[{\"role\":\"user\",\"content\":\"so\"}]}\n");
    assertEquals(List.of("yes"), read("a.jsonl", "meta.body"));
    assertEquals(List.of("user hi|assistant yo", "user so"), read("a.jsonl", "messages"));
    assertTrue(
        assertThrows(InvalidInputException.class, () -> read("a.jsonl", "meta.none"))
            .getMessage()
            .contains("line 1: no text and no messages in field \"meta.none\""));
  }

  @Test
  void readsDataSetsSavedToDisk() throws IOException {
    copy("saved/data-00000-of-00001.arrow", "saved/state.json", "saved/dataset_info.json");
    checkRows("saved");
    write("both/dataset_dict.json", "{\"splits\": [\"train\", \"test\"]}");
    assertTrue(refusal("both").contains("is a data set of the splits [train, test]"));
    write("saved/state.json", "{\"_data_files\":[{\"filename\":\"data-00001-of-00002.arrow\"}]}");
    assertTrue(refusal("saved").contains("is not in the folder"));
  }

  @Test
  void readsArrowFiles() throws IOException {
    copy("file.arrow");
    checkRows("file.arrow");
    assertTrue(
        assertThrows(InvalidInputException.class, () -> read("file.arrow", "id"))
            .getMessage()
            .contains("column \"id\" holds neither strings nor messages"));
    assertTrue(
        assertThrows(InvalidInputException.class, () -> read("file.arrow", "body"))
            .getMessage()
            .contains("no column \"body\", but [id, tags, meta, text, messages]"));
  }

  @Test
  void readsMessagesOfParquet() throws IOException {
    copy("messages.parquet");
    checkRows("messages.parquet");
  }

  private void checkRows(String name) {
    assertEquals(
        List.of("żółw 0", "żółw 1", "żółw 2", "żółw 4", "żółw 5", "żółw 6"), read(name, "text"));
    assertEquals(
        IntStream.range(0, 7).mapToObj(i -> "body " + i).toList(), read(name, "meta.body"));
    assertEquals(
        IntStream.range(0, 7)
            .mapToObj(i -> "user question %d|assistant answer %d".formatted(i, i))
            .toList(),
        read(name, "messages"));
  }

  @Test
  void damagedArrowIsRefusedInOneMessage() throws IOException {
    copy("file.arrow");
    Path file = folder.resolve("file.arrow");
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(4);
    for (int i = 0; i < 200; i++) {
      byte[] bad = good.clone();
      if (i % 4 == 0) {
        bad = Arrays.copyOf(bad, 9 + random.nextInt(bad.length / 2));
      } else {
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bad);
      try {
        read("file.arrow", "messages");
      } catch (InvalidInputException e) {
        assertEquals(2, e.getMessage().lines().count(), "seed 4: " + e.getMessage());
      }
    }
  }

  @Test
  void takesTheFilesOfAPatternAndPassesOverWhatLiesBesideData() throws IOException {
    write("d/README.md", "about");
    write("d/.git/config", "hidden");
    write("d/part-1.jsonl.crc", "sum");
    write("d/dataset_info.json", "{}");
    write("d/part-1.jsonl", "{\"text\":\"one\"}");
    write("d/deep/part-2.jsonl", "{\"text\":\"two\"}");
    write("d/deep/notes.txt", "three");
    assertEquals(List.of("three", "two", "one"), read("d"));
    assertEquals(4, SourceFiles.at(folder.resolve("d").toString()).passedOver().size());
    assertEquals(List.of("one"), read("d/part-*.jsonl"));
    assertEquals(List.of("two", "one"), read("d/**part-?.jsonl"));
    assertTrue(refusal("d/*.zst").contains("no file is of this pattern"));
    write("d/table.csv", "a,b");
    assertTrue(refusal("d").contains("table.csv: its name does not say what is in it"));
  }

  @Test
  void refusesWhatIsNoText() throws IOException {
    Files.write(folder.resolve("a.txt"), "a text\0 with".getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal("a.txt").contains("a.txt: line 1: holds a NUL"));
    Files.write(folder.resolve("b.txt"), "żółw i jeż".repeat(50).getBytes("ISO-8859-2"));
    assertTrue(refusal("b.txt").contains("are no UTF-8; 1 of 1 documents"));
    byte[] random = new byte[4000];
    new Random(1).nextBytes(random);
    Files.write(folder.resolve("c.txt"), random);
    refusal("c.txt");
  }

  @Test
  void leavesOutTheFewBadDocumentsOfALargeFileAndCountsThem() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      lines.add("{\"text\":\"document " + i + (i % 1000 == 500 ? "\\u0000" : "") + "\"}");
    }
    Files.write(folder.resolve("a.jsonl"), lines);
    try (Corpus.Documents documents =
        Corpus.open(folder.resolve("a.jsonl").toString()).documents()) {
      int count = 0;
      while (documents.hasNext()) {
        documents.next();
        count++;
      }
      assertEquals(2997, count);
      assertEquals(3, documents.leftOut());
      assertEquals(Files.size(folder.resolve("a.jsonl")), documents.bytes());
    }
  }

  @Test
  void aConversationThatTheTemplateRefusesIsNamed() throws IOException {
    write("a.jsonl", "{\"text\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n");
    assertTrue(refusal("a.jsonl").contains("a.jsonl: line 1: it is a conversation"));
  }

  private List<String> read(String name) {
    return read(name, "text");
  }

  private List<String> read(String name, String field) {
    return CorpusTest.all(
        Corpus.open(
            List.of(folder.resolve(name).toString()),
            field,
            messages -> {
              if (field.equals("text")) {
                throw new TemplateException("it is a conversation");
              }
              return String.join(
                  "|",
                  messages.stream()
                      .map(m -> ((Map<?, ?>) m).get("role") + " " + ((Map<?, ?>) m).get("content"))
                      .toList());
            }));
  }

  private String refusal(String name) {
    String message = assertThrows(InvalidInputException.class, () -> read(name), name).getMessage();
    assertEquals(2, message.lines().count(), message);
    return message;
  }

  private void write(String name, String text) throws IOException {
    Files.createDirectories(folder.resolve(name).getParent());
    Files.writeString(folder.resolve(name), text);
  }

  private void copy(String... names) throws IOException {
    for (String name : names) {
      Files.createDirectories(folder.resolve(name).getParent());
      try (InputStream in = SourceFormatsTest.class.getResourceAsStream(name)) {
        Files.write(folder.resolve(name), in.readAllBytes());
      }
    }
  }
}

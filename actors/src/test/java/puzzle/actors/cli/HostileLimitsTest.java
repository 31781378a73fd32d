package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.TensorSpec;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.machine.HostMemory;

/** Runs that cannot be: one message, exit code 3, nothing started. */
class HostileLimitsTest {

  private static final Path TINY = Path.of("../examples/tiny");

  @TempDir Path folder;
  private String told;

  @BeforeEach
  void remember() {
    told = System.getProperty(HostMemory.PROPERTY);
  }

  @AfterEach
  void forget() {
    if (told == null) {
      System.clearProperty(HostMemory.PROPERTY);
    } else {
      System.setProperty(HostMemory.PROPERTY, told);
    }
  }

  private void memory(long bytes) {
    System.setProperty(HostMemory.PROPERTY, Long.toString(bytes));
  }

  /** The tiny example with other values and a store of its own. */
  private Path file(Path parent, String... changes) throws IOException {
    String text =
        Files.readString(TINY.resolve("puzzle.yaml"))
            .replace("parent: parent", "parent: " + parent.toRealPath())
            .replace("runs/tiny", folder.resolve("store").toString());
    for (int i = 0; i < changes.length; i += 2) {
      assertTrue(text.contains(changes[i]), changes[i]);
      text = text.replace(changes[i], changes[i + 1]);
    }
    return Files.writeString(folder.resolve("run.yaml"), text);
  }

  private List<String> refused(Path file, String... commands) {
    String said = null;
    for (String command : commands) {
      StringWriter out = new StringWriter();
      CommandLine line = PuzzleCli.line();
      line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
      assertEquals(ExitCode.INVALID_INPUT, line.execute(command, file.toString()), out::toString);
      assertFalse(Files.exists(folder.resolve("store")), "nothing is started");
      said = out.toString();
    }
    List<String> lines = said.lines().toList();
    assertEquals(2, lines.size(), said);
    assertTrue(lines.get(1).startsWith("Maybe "), said);
    return lines;
  }

  @Test
  void aParentOfEightBillionInAContainerOfOneGigabyte() throws IOException {
    memory(1L << 30);
    List<String> said = refused(file(eightBillion()), "run", "validate", "plan");
    assertTrue(said.get(0).startsWith("record: needs "), said.get(0));
    assertTrue(said.get(0).contains("there are 1073.7 MB"), said.get(0));
  }

  @Test
  void moreRecordingThanAnyDiskHolds() throws IOException {
    memory(1L << 36);
    List<String> said =
        refused(
            file(TINY.resolve("parent"), "sequences: 256", "sequences: 2000000000"),
            "run",
            "validate",
            "plan");
    assertTrue(said.get(0).contains(" of disk, the whole run "), said.get(0));
    assertTrue(said.get(1).startsWith("Maybe bld."), said.get(1));
  }

  @Test
  void aTapeBudgetThatHoldsNoTwoLayers() throws IOException {
    memory(1L << 36);
    List<String> said =
        refused(
            file(TINY.resolve("parent"), "  keep: 4", "  keep: 4\n  tapeBudget: 1 MB"),
            "run",
            "validate",
            "plan");
    assertTrue(said.get(1).startsWith("Maybe bld.tapeBudget: "), said.get(1));
  }

  /** A checkpoint of the right shapes whose file is a hole. */
  private Path eightBillion() throws IOException {
    Path parent = Files.createDirectories(folder.resolve("parent"));
    Files.copy(TINY.resolve("parent/tokenizer.json"), parent.resolve("tokenizer.json"));
    Files.writeString(
        parent.resolve("config.json"),
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096,
         "intermediate_size": 14336, "num_attention_heads": 32, "num_hidden_layers": 32,
         "num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-5,
         "rope_theta": 500000.0, "tie_word_embeddings": false, "vocab_size": 128256}
        """);
    DecoderConfig config = HuggingFaceConfig.read(parent);
    StringBuilder header = new StringBuilder();
    long at = 0;
    for (Map.Entry<String, TensorSpec> tensor : TensorLayout.of(config).entrySet()) {
      long end = at + 2 * tensor.getValue().elements();
      header
          .append(header.isEmpty() ? "{" : ",")
          .append(
              "\"%s\":{\"dtype\":\"BF16\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
                  .formatted(tensor.getKey(), Arrays.toString(tensor.getValue().shape()), at, end));
      at = end;
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file =
        new RandomAccessFile(parent.resolve("model.safetensors").toFile(), "rw")) {
      file.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
      file.write(json);
      file.setLength(8 + json.length + at);
    }
    return parent;
  }
}

package puzzle.engine.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsTest;
import puzzle.engine.safetensors.SafetensorsWriter;

/**
 * Runs a model's folder in another program, where Python has it: {@code transformers} or {@code
 * mlx}. The interpreter is that of the environment variable PUZZLE_PYTHON, or {@code python3}.
 */
public final class OtherReader {

  private static final String PYTHON = System.getenv().getOrDefault("PUZZLE_PYTHON", "python3");

  private record Outcome(int exit, String said) {}

  private OtherReader() {}

  /** Skips the test if the reader is not installed. */
  public static void assumeInstalled(String reader) throws IOException, InterruptedException {
    String modules = reader.equals("mlx") ? "mlx_lm" : "torch, transformers, safetensors";
    boolean present = false;
    try {
      present = run(List.of(PYTHON, "-c", "import " + modules)).exit() == 0;
    } catch (IOException e) {
      // No Python.
    }
    assumeTrue(present, "no python with " + modules + " here");
  }

  /** Logits [batch, length, vocabulary] of a folder for tokens [batch][length]. */
  public static float[] logits(String reader, Path folder, int[][] tokens, Path scratch)
      throws IOException, InterruptedException {
    Path script = scratch.resolve("logits.py");
    try (InputStream in = OtherReader.class.getResourceAsStream("logits.py")) {
      Files.write(script, in.readAllBytes());
    }
    Path given = scratch.resolve("tokens.safetensors");
    Path out = scratch.resolve("logits.safetensors");
    Files.deleteIfExists(out);
    long[] ids = Arrays.stream(tokens).flatMapToInt(Arrays::stream).asLongStream().toArray();
    new SafetensorsWriter(ElementType.F32)
        .addI64("tokens", new long[] {tokens.length, tokens[0].length}, LongBuffer.wrap(ids))
        .write(given);
    Outcome outcome =
        run(
            List.of(
                PYTHON,
                script.toString(),
                reader,
                folder.toString(),
                given.toString(),
                out.toString()));
    assertEquals(0, outcome.exit(), outcome.said());
    FloatBuffer logits = SafetensorsFile.open(out).fp32("logits");
    return SafetensorsTest.floats(logits);
  }

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("reader", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("HF_HUB_OFFLINE", "1");
      builder.environment().put("HF_MODULES_CACHE", log.resolveSibling("hf-modules").toString());
      Process process = builder.redirectOutput(log.toFile()).start();
      if (!process.waitFor(180, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " did not end");
      }
      return new Outcome(process.exitValue(), Files.readString(log));
    } finally {
      Files.delete(log);
    }
  }
}

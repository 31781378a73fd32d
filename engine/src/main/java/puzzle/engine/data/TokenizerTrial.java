package puzzle.engine.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import puzzle.model.InvalidInputException;

/** Loads a tokenizer in another Java process, so that a file that kills kills only that. */
final class TokenizerTrial {

  private static final long SECONDS = 120;
  private static final String SAMPLE = "Hello, world! 12345\n\tżółw 龜 🐢";

  private TokenizerTrial() {}

  /** The other process. */
  public static void main(String[] arguments) throws IOException {
    try (HuggingFaceTokenizer tokenizer = SubwordTokenizer.load(Path.of(arguments[0]))) {
      tokenizer.decode(tokenizer.encode(SAMPLE, false, false).getIds(), false);
    } catch (IOException | RuntimeException e) {
      Files.writeString(Path.of(arguments[1]), String.valueOf(e.getMessage()));
      System.exit(1);
    }
  }

  /**
   * Tries a file.
   *
   * @throws InvalidInputException if it cannot be loaded and used
   */
  static void run(Path file) {
    Path answer = null;
    Process process = null;
    try {
      answer = Files.createTempFile("tokenizer-trial", ".txt");
      process =
          new ProcessBuilder(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-Xmx1g",
                      "-XX:+UseSerialGC",
                      "-XX:TieredStopAtLevel=1",
                      "-Dai.djl.offline=true",
                      "-cp",
                      System.getProperty("java.class.path"),
                      TokenizerTrial.class.getName(),
                      file.toAbsolutePath().toString(),
                      answer.toString()))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw SubwordTokenizer.invalid(file, "not loaded after " + SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        String said = Files.readString(answer, StandardCharsets.UTF_8);
        throw SubwordTokenizer.invalid(
            file, said.isBlank() ? "the tokenizers library does not survive it" : said);
      }
    } catch (IOException e) {
      throw SubwordTokenizer.invalid(file, "it could not be tried: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw SubwordTokenizer.invalid(file, "the trial was interrupted");
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
      delete(answer);
    }
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // In the folder for temporary files.
    }
  }
}

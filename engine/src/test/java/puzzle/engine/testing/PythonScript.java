package puzzle.engine.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Scripts for the interpreter that PUZZLE_PYTHON names, or {@code python3}. */
public final class PythonScript {

  private static final String PYTHON = System.getenv().getOrDefault("PUZZLE_PYTHON", "python3");

  private record Outcome(int exit, String said) {}

  private PythonScript() {}

  /** Skips the test if the interpreter has not these modules. */
  public static void assumeInstalled(String modules) throws IOException, InterruptedException {
    boolean present = false;
    try {
      present = run(List.of(PYTHON, "-c", "import " + modules)).exit() == 0;
    } catch (IOException e) {
      // No Python.
    }
    assumeTrue(present, "no python with " + modules + " here");
  }

  /** Runs a script to its end, which must be good; returns what it said. */
  public static String run(Path script, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(PYTHON, script.toString()));
    command.addAll(List.of(arguments));
    Outcome outcome = run(command);
    assertEquals(0, outcome.exit(), outcome.said());
    return outcome.said();
  }

  private static Outcome run(List<String> command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("python", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().put("HF_HUB_OFFLINE", "1");
      Process process = builder.redirectOutput(log.toFile()).start();
      if (!process.waitFor(180, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Outcome(-1, "not done after 180 s");
      }
      return new Outcome(process.exitValue(), Files.readString(log));
    } finally {
      Files.deleteIfExists(log);
    }
  }
}

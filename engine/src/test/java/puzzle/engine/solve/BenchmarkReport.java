package puzzle.engine.solve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Locale;

/** What the solver's benchmarks say, on the screen and in {@code target/solver-benchmark.md}. */
final class BenchmarkReport {

  private static final Path REPORT = Path.of("target", "solver-benchmark.md");

  private BenchmarkReport() {}

  static void line(String format, Object... values) {
    String text = String.format(Locale.ROOT, format, values);
    System.out.println(text);
    try {
      Files.createDirectories(REPORT.getParent());
      Files.writeString(
          REPORT,
          text + System.lineSeparator(),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Until the solver's code is compiled. */
  static void warmUp() {
    for (int seed = 100; seed < 112; seed++) {
      InstanceFamily.Instance instance =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, 1 + seed % 2, 0.55, seed)
              .generate();
      new IncrementalSolver(instance.table(), instance.limits())
          .solve(SolveBudget.of(Duration.ofSeconds(2)));
    }
  }
}

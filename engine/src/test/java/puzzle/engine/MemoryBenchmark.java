package puzzle.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory over 10 000 steps of each kind of training, after the first two thousand, in which Java
 * still compiles. The heap must be in memory from the start: pages of it that are touched late
 * would pass for native memory.
 */
class MemoryBenchmark {

  private static final double LIMIT = 0.01;
  private static final int STEPS = Integer.getInteger("steps", 12_000);
  private static final int PER_ROUND = 100;
  private static final int WARM = 2_000;
  private static final int TOLD = 1_000;

  @TempDir Path folder;

  @Test
  void staysFlatOverTenThousandSteps() throws Exception {
    assumeTrue(Soak.possible(), "the system has no /proc/self/status");
    List<String> options = ManagementFactory.getRuntimeMXBean().getInputArguments();
    assertTrue(options.contains("-XX:+AlwaysPreTouch"), options + ", no AlwaysPreTouch");
    assertEquals(Runtime.getRuntime().maxMemory(), Runtime.getRuntime().totalMemory(), "the heap");
    try (Soak soak = new Soak(folder, STEPS, PER_ROUND)) {
      Soak.Memory warm = null;
      for (int done = 0; done < STEPS; done += PER_ROUND) {
        if (done % TOLD == 0) {
          Soak.Memory now = Soak.Memory.now();
          System.out.printf(
              "%5d steps: heap %.2f MB, native %.2f MB, %.2f MB of them Java's own%n",
              done, now.heap() / 1e6, now.outside() / 1e6, now.java() / 1e6);
          warm = done == WARM ? now : warm;
        }
        soak.round();
      }
      Soak.Memory end = Soak.Memory.now();
      System.out.printf(
          "heap %.2f MB, native %.2f MB, %.2f MB of them Java's own;"
              + " since step %d heap %+.2f %%, native %+.2f %%%n",
          end.heap() / 1e6,
          end.outside() / 1e6,
          end.java() / 1e6,
          WARM,
          100 * end.heapGrowth(warm),
          100 * end.nativeGrowth(warm));
      assertTrue(end.heapGrowth(warm) < LIMIT, warm + " to " + end);
      assertTrue(end.nativeGrowth(warm) < LIMIT, warm + " to " + end);
    }
  }
}

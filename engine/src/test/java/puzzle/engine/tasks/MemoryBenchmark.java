package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Memory over 10 000 steps of each kind of training, after the first six thousand, in which Java
 * compiles most. What goes a little late makes two levels of it, so the lowest of four looks
 * counts, and the lowest of four looks 10 000 steps later. The heap must be in memory from the
 * start: pages of it that are touched late would pass for native memory.
 */
class MemoryBenchmark {

  private static final double LIMIT = 0.01;
  private static final int STEPS = Integer.getInteger("steps", 10_000);
  private static final int PER_ROUND = 100;
  private static final int WARM = 6_000;

  /** From here on it is told as well: the difference is what Java compiles in between. */
  private static final int EARLY = 2_000;

  private static final int TOLD = 1_000;
  private static final int LOOKS = 4;

  @TempDir Path folder;

  @Test
  void staysFlatOverTenThousandSteps() throws Exception {
    assumeTrue(Soak.possible(), "no /proc/self/status here");
    List<String> options = ManagementFactory.getRuntimeMXBean().getInputArguments();
    assertTrue(options.contains("-XX:+AlwaysPreTouch"), options + ", no AlwaysPreTouch");
    assertEquals(Runtime.getRuntime().maxMemory(), Runtime.getRuntime().totalMemory(), "the heap");
    int last = WARM + STEPS + (LOOKS - 1) * TOLD;
    List<Soak.Memory> looks = new ArrayList<>();
    try (Soak soak = new Soak(folder, last, PER_ROUND)) {
      for (int done = 0; done <= last; done += PER_ROUND) {
        if (done % TOLD == 0) {
          Soak.Memory now = Soak.Memory.now();
          looks.add(now);
          System.out.printf(
              "%5d steps: heap %.2f MB, native %.2f MB, %.2f MB of them Java's own%n",
              done, now.heap() / 1e6, now.outside() / 1e6, now.java() / 1e6);
        }
        if (done < last) {
          soak.round();
        }
      }
    }
    Soak.Memory early = looks.get(EARLY / TOLD);
    Soak.Memory late = looks.get((EARLY + STEPS) / TOLD);
    System.out.printf(
        "%d steps after step %d, look by look: heap %+.2f %%, native %+.2f %%%n",
        STEPS, EARLY, 100 * late.heapGrowth(early), 100 * late.nativeGrowth(early));
    int warm = WARM / TOLD;
    Soak.Memory begin = lowest(looks.subList(warm, warm + LOOKS));
    Soak.Memory end = lowest(looks.subList(looks.size() - LOOKS, looks.size()));
    System.out.printf(
        "%d steps after step %d: heap %+.2f %%, native %+.2f %%%n",
        STEPS, WARM, 100 * end.heapGrowth(begin), 100 * end.nativeGrowth(begin));
    assertTrue(end.heapGrowth(begin) < LIMIT, begin + " to " + end);
    assertTrue(end.nativeGrowth(begin) < LIMIT, begin + " to " + end);
  }

  private static Soak.Memory lowest(List<Soak.Memory> looks) {
    return new Soak.Memory(
        looks.stream().mapToLong(Soak.Memory::heap).min().orElseThrow(),
        looks.stream().mapToLong(Soak.Memory::outside).min().orElseThrow(),
        looks.stream().mapToLong(Soak.Memory::java).min().orElseThrow());
  }
}

package puzzle.engine.tasks;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of MemoryBenchmark: a leak of a step's arrays would show many times over. */
class MemoryTest {

  private static final int ROUNDS = 12;
  private static final int WARM = 4;

  @TempDir Path folder;

  @Test
  void someHundredStepsLeaveNothingBehind() throws Exception {
    assumeTrue(Soak.possible(), "no /proc/self/status here");
    try (Soak soak = new Soak(folder, ROUNDS * 50, 50)) {
      Soak.Memory warm = null;
      for (int round = 0; round < ROUNDS; round++) {
        warm = round == WARM ? Soak.Memory.now() : warm;
        soak.round();
      }
      Soak.Memory end = Soak.Memory.now();
      // Compiled code and the allocator's arenas still settle, after other tests by tens of MB. A
      // step's arrays are some 2 MB: those of 400 steps would triple what there is.
      assertTrue(end.heapGrowth(warm) < 0.05, warm + " to " + end);
      assertTrue(end.nativeGrowth(warm) < 0.5, warm + " to " + end);
    }
  }
}

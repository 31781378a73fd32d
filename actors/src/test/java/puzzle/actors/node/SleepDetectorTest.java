package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SleepDetectorTest {

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5_000_000_000L);
  private final SleepDetector pulse = new SleepDetector(Duration.ofSeconds(7), clock::get);

  @Test
  void aNodeThatIsSlowToStartHasNotSlept() {
    pass(60);
    assertFalse(pulse.slept());
    pulse.begin();
    assertFalse(pulse.look());
    pass(8);
    assertTrue(pulse.slept());
  }

  @Test
  void aSleepIsSeenByWhoeverAsksFirstAndNeverForgotten() {
    pulse.begin();
    pass(6);
    assertFalse(pulse.look());
    pass(6);
    assertFalse(pulse.slept());
    assertFalse(pulse.look());
    pass(8);
    assertTrue(pulse.slept(), "before the thread has woken up");
    assertTrue(pulse.look());
    pass(1);
    assertTrue(pulse.look());
    assertTrue(pulse.slept());
  }

  private void pass(int seconds) {
    clock.addAndGet(seconds * 1_000_000_000L);
  }
}

package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {

  private final RetryPolicy policy =
      new RetryPolicy(Duration.ofMillis(100), 2, Duration.ofMillis(500), 0, 3);

  @Test
  void delaysGrowByTheFactorUpToTheLongest() {
    List<Long> delays =
        IntStream.rangeClosed(1, 5)
            .mapToObj(failed -> policy.delay(failed, new SplittableRandom(1)).toMillis())
            .toList();
    assertEquals(List.of(100L, 200L, 400L, 500L, 500L), delays);
  }

  @Test
  void jitterShortensADelayByNoMoreThanItsShare() {
    RetryPolicy jittered =
        new RetryPolicy(Duration.ofMillis(1000), 1, Duration.ofMillis(1000), 0.25, 3);
    SplittableRandom random = new SplittableRandom(7);
    long[] delays =
        IntStream.range(0, 1000).mapToLong(i -> jittered.delay(1, random).toMillis()).toArray();
    for (long delay : delays) {
      assertTrue(delay >= 750 && delay <= 1000, delay + " ms");
    }
    assertTrue(IntStream.range(0, 1000).mapToLong(i -> delays[i]).distinct().count() > 100);
  }

  @Test
  void whatMayPassIsTriedAgainAsOftenAsThePolicySays() {
    Failure defect = new Failure(Failure.Kind.DEFECT, "a bug");
    assertTrue(policy.allows(defect, 2));
    assertFalse(policy.allows(defect, 3));
  }

  @Test
  void whatWillNotPassIsNotTriedAgain() {
    for (Failure.Kind kind :
        List.of(Failure.Kind.DIVERGED, Failure.Kind.INVALID_VARIANT, Failure.Kind.INVALID_INPUT)) {
      assertFalse(policy.allows(new Failure(kind, "no"), 1), kind.name());
    }
  }

  @Test
  void aPolicyThatMakesNoSenseIsRefusedWithItsValues() {
    String refusal =
        assertThrows(
                IllegalArgumentException.class,
                () -> new RetryPolicy(Duration.ofSeconds(2), 2, Duration.ofSeconds(1), 0, 3))
            .getMessage();
    assertTrue(refusal.contains("PT2S") && refusal.contains("PT1S"), refusal);
    assertThrows(
        IllegalArgumentException.class,
        () -> new RetryPolicy(Duration.ZERO, Double.NaN, Duration.ZERO, 0, 3));
  }
}

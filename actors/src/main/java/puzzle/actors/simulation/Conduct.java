package puzzle.actors.simulation;

import java.time.Duration;
import java.util.SplittableRandom;
import puzzle.model.Failure;
import puzzle.model.Task;
import puzzle.protocol.Work;

/** How a simulated device behaves on an attempt. */
public interface Conduct {

  /** What it does with this attempt on that device. */
  Fate of(Work.Ticket ticket, String device);

  /**
   * What becomes of one attempt.
   *
   * @param lasts time until its end
   * @param failure at its end, or null if it gives its result
   * @param hangs true if it never ends and shows no sign of life
   */
  record Fate(Duration lasts, Failure failure, boolean hangs) {
    /** A result after a while. */
    public static Fate resultAfter(Duration lasts) {
      return new Fate(lasts, null, false);
    }
  }

  /**
   * No failures; times drawn for each attempt, the seed and the key alone deciding: uniform around
   * a mean, with a half width of {@code spread} of it, longer for what reads the whole corpus.
   *
   * @param mean of a score, the most frequent task; training lasts four times as long
   */
  static Conduct drawn(long seed, Duration mean, double spread) {
    return (ticket, device) -> {
      double factor = ticket.task() instanceof Task.ScoreBlock ? 1 : 4;
      SplittableRandom random =
          new SplittableRandom(seed * 1_000_003 + 31L * ticket.id().hashCode() + ticket.attempt());
      double share = 1 + spread * (2 * random.nextDouble() - 1);
      return Fate.resultAfter(Duration.ofNanos((long) (mean.toNanos() * factor * share)));
    };
  }
}

package puzzle.actors.runfile;

import static puzzle.actors.runfile.Values.number;

import java.time.Duration;
import puzzle.model.RetryPolicy;

/** The section {@code retries}. */
final class RetriesSection {

  private static final int DAY = 86_400;

  static final Section<RetryPolicy, Draft> SECTION =
      new Section<>("When a task that failed is tried again.", Draft::new, Draft::build)
          .defaults(RetryPolicy.DEFAULT)
          .blaming("maxSeconds", "initialSeconds")
          .key("initialSeconds", number(0, DAY), p -> seconds(p.initial()), (d, v) -> d.initial = v)
          .means("seconds", "Delay before the second attempt.")
          .key("factor", number(1, 100), RetryPolicy::factor, (d, v) -> d.factor = v)
          .means("Each further delay is this many times the one before.")
          .key("maxSeconds", number(0, DAY), p -> seconds(p.max()), (d, v) -> d.max = v)
          .means("seconds", "The longest delay; at least the first.")
          .key("jitter", number(0, 1), RetryPolicy::jitter, (d, v) -> d.jitter = v)
          .means("share", "Share of the delay that is drawn at random.")
          .key("attempts", Values.whole(1), RetryPolicy::attempts, (d, v) -> d.attempts = v)
          .means("attempts", "Attempts in all, the first included.");

  private static final class Draft {
    private double initial = seconds(RetryPolicy.DEFAULT.initial());
    private double factor = RetryPolicy.DEFAULT.factor();
    private Double max;
    private double jitter = RetryPolicy.DEFAULT.jitter();
    private int attempts = RetryPolicy.DEFAULT.attempts();

    RetryPolicy build() {
      double longest = max == null ? Math.max(initial, seconds(RetryPolicy.DEFAULT.max())) : max;
      if (longest < initial) {
        throw new IllegalArgumentException(
            "the longest delay, %s s, is shorter than the first, %s s.\nMaybe raise maxSeconds."
                .formatted(Values.decimal(longest), Values.decimal(initial)));
      }
      return new RetryPolicy(duration(initial), factor, duration(longest), jitter, attempts);
    }
  }

  private RetriesSection() {}

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  private static Duration duration(double seconds) {
    return Duration.ofMillis(Math.round(seconds * 1e3));
  }
}

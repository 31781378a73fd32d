package puzzle.actors.simulation;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import puzzle.model.Failure;
import puzzle.model.Task;
import puzzle.protocol.Work;

/**
 * Decides what goes wrong, and when: messages that are dropped, doubled, delayed or overtaken,
 * writes to the journal, tasks on devices. How bad it is, each schedule draws anew; from its truce
 * on nothing more goes wrong, so that the run can be expected to end.
 */
final class Adversary {

  /** What happens to one write. */
  enum Write {
    FINE,
    LATE,
    REFUSED,
    ANSWER_LOST
  }

  /** Failures the adversary puts on one task: the retry policy of the schedules allows more. */
  private static final int FAILURES = 3;

  private final SplittableRandom random;
  private final long seed;
  private final Duration truce;
  private final double drop;
  private final double twice;
  private final double late;
  private final double write;
  private final double read;
  private final double task;
  private final Duration longest;
  private final String doomed;
  private final Map<String, Integer> counts = new TreeMap<>();
  private final Set<Runnable> owed = new LinkedHashSet<>();
  private final Map<String, Integer> failures = new HashMap<>();

  /**
   * @param doomed key of a task that never succeeds, or empty
   * @param truce from when on nothing goes wrong; zero for a calm schedule
   */
  Adversary(long seed, String doomed, Duration truce) {
    this.seed = seed;
    this.doomed = doomed;
    this.truce = truce;
    this.random = new SplittableRandom(seed);
    this.drop = sometimes(0.2);
    this.twice = sometimes(0.2);
    this.late = sometimes(0.3);
    this.write = sometimes(0.1);
    this.read = sometimes(0.2);
    this.task = sometimes(0.2);
    this.longest = Duration.ofMillis(random.nextInt(3) == 0 ? 20_000 : 1_000);
  }

  boolean active() {
    return Steps.THE.nanos() < truce.toNanos();
  }

  /** Carries a message, or does not. */
  void send(Runnable delivery) {
    if (!active()) {
      Steps.THE.add(delivery);
      return;
    }
    int copies = hits(drop) ? 0 : hits(twice) ? 2 : 1;
    if (copies != 1) {
      count(copies == 0 ? "dropped" : "doubled");
    }
    for (int i = 0; i < copies; i++) {
      if (hits(late)) {
        count("delayed");
        Steps.THE.after(upTo(longest), delivery);
      } else {
        Steps.THE.add(delivery);
      }
    }
  }

  Write write() {
    if (!active() || !hits(write)) {
      return Write.FINE;
    }
    Write fault = Write.values()[1 + random.nextInt(3)];
    count("write " + fault.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    return fault;
  }

  void answer(Write fault, Runnable answer) {
    if (fault == Write.LATE) {
      owed.add(answer);
      Steps.THE.after(upTo(Duration.ofSeconds(8)), () -> pay(answer));
    } else {
      answer.run();
    }
  }

  /** Gives all late answers: Pekko answers in order, in the next schedule too. */
  void payAll() {
    List.copyOf(owed).forEach(this::pay);
  }

  private void pay(Runnable answer) {
    if (owed.remove(answer)) {
      answer.run();
    }
  }

  boolean readFails() {
    boolean fails = active() && hits(read);
    if (fails) {
      count("read failed");
    }
    return fails;
  }

  /** How devices behave: an attempt lasts what its key says, and may come to a bad end. */
  Conduct.Fate fate(Work.Ticket ticket, String device) {
    Conduct calm = Conduct.drawn(seed, Duration.ofMillis(400), 0.9);
    Duration lasts = calm.of(ticket, device).lasts();
    String key = ticket.task().key();
    if (key.equals(doomed)) {
      Failure.Kind kind =
          key.startsWith("bld") ? Failure.Kind.DIVERGED : Failure.Kind.INVALID_VARIANT;
      return new Conduct.Fate(lasts, new Failure(kind, key + ": never succeeds"), false);
    }
    if (!active() || !hits(task)) {
      return Conduct.Fate.resultAfter(lasts);
    }
    Failure.Kind kind = kind(ticket.task());
    count(kind == null ? "task hangs" : "task fails");
    if (kind == null) {
      return new Conduct.Fate(lasts, null, true);
    }
    if (kind != Failure.Kind.DEVICE_LOST && failures.merge(key, 1, Integer::sum) > FAILURES) {
      return Conduct.Fate.resultAfter(lasts);
    }
    return new Conduct.Fate(lasts, new Failure(kind, key + ": made to fail"), false);
  }

  /** What went wrong, and how often. */
  Map<String, Integer> counts() {
    return counts;
  }

  /** Times a task was said not to fit. */
  private final Map<String, Integer> tooLarge = new HashMap<>();

  void count(String what) {
    counts.merge(what, 1, Integer::sum);
  }

  Duration upTo(Duration most) {
    return Duration.ofNanos(random.nextLong(most.toNanos()));
  }

  int pick(int bound) {
    return random.nextInt(bound);
  }

  private Failure.Kind kind(Task task) {
    return switch (random.nextInt(6)) {
      case 0 -> null;
      case 1 -> Failure.Kind.DEVICE_LOST;
      // Once too often and the task is rightly given up: halving it continues to passes of one.
      case 2 ->
          tooLarge.merge(task.key(), 1, Integer::sum) <= 2
              ? Failure.Kind.OUT_OF_MEMORY
              : Failure.Kind.DEFECT;
      case 3 -> Failure.Kind.TIMED_OUT;
      case 4 ->
          task instanceof Task.ScoreBlock ? Failure.Kind.CORRUPT_ARTEFACT : Failure.Kind.DEFECT;
      default -> Failure.Kind.DEFECT;
    };
  }

  private double sometimes(double most) {
    return random.nextInt(3) == 0 ? 0 : random.nextDouble() * most;
  }

  private boolean hits(double rate) {
    return rate > 0 && random.nextDouble() < rate;
  }
}

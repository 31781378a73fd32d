package puzzle.actors.work;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Failure;
import puzzle.model.MicroBatch;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.persistence.TaskEvent;
import puzzle.persistence.TaskLedger;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

/**
 * The soft half of what an owner knows of its tasks: which attempts are on offer, and until when
 * each running one may be silent. The hard half, attempts and results, is the {@link TaskLedger};
 * this class reads it and says which events should come to pass. Whether an attempt that failed is
 * followed by another one is a {@link RetryDecision}.
 *
 * <p>Attempts are fencing tokens. An attempt is granted once, by an event, to the first device that
 * reports it; whatever else carries that number, or an older one, is stopped or ignored. A lease
 * lasts as long as its device keeps reporting, by the owner's own monotonic clock. After the
 * owner's restart a granted attempt has the adoption time to report; one that does is kept, so that
 * moving an owner never costs a running task.
 *
 * <p>Lost JVMs, crashed natives, hung kernels and lost messages all look the same here: the lease
 * runs out. That is not counted as a failure of the task until it happens {@code losses} times.
 */
public final class Leases {

  private sealed interface Standing {}

  /** Failed lately; offered again at that time. */
  private record Resting(long until) implements Standing {}

  private record Offered(int attempt, long at) implements Standing {}

  private record Granted(int attempt, long deadline) implements Standing {}

  /**
   * What to do about a report.
   *
   * @param events to persist, in order; may be empty
   * @param answer to the device once they are; null if none is due
   */
  public record Verdict(List<TaskEvent> events, Gpu.Command answer) {}

  private final Work.Owner owner;
  private final PuzzleSettings.Lease settings;
  private final Consumer<GpuPool.Command> pool;
  private final LongSupplier nanos;
  private final RandomGenerator random;
  private final Map<String, Standing> standings = new HashMap<>();
  private final Map<String, Task> tasks = new HashMap<>();
  private long ignored;

  public Leases(
      Work.Owner owner,
      PuzzleSettings.Lease settings,
      Consumer<GpuPool.Command> pool,
      LongSupplier nanos,
      RandomGenerator random) {
    this.owner = owner;
    this.settings = settings;
    this.pool = pool;
    this.nanos = nanos;
    this.random = random;
  }

  /** Forgets all that is soft: the owner has just been recovered, and knows only the ledger. */
  public void restart() {
    standings.clear();
  }

  /** Reports that were late, doubled or not asked for. */
  public long ignored() {
    return ignored;
  }

  /** Brings the offers in line with what is wanted now; called after every change and tick. */
  public void offer(RunSpec spec, TaskLedger ledger, Collection<Wanted> wanted) {
    long now = nanos.getAsLong();
    Set<String> keys = new HashSet<>();
    for (Wanted w : wanted) {
      String key = w.task().key();
      keys.add(key);
      tasks.put(key, w.task());
      TaskLedger.Entry entry = ledger.get(key);
      Standing standing = standings.get(key);
      if (standing == null && entry.live()) {
        standings.put(key, new Granted(entry.attempt(), now + settings.adoption().toNanos()));
      } else if (standing == null || due(standing, now)) {
        int attempt = entry.attempt() + 1;
        standings.put(key, new Offered(attempt, now));
        pool.accept(
            new GpuPool.Offer(
                new Work.Ticket(
                    MicroBatch.halved(spec, entry.tooLarge()),
                    owner,
                    w.task(),
                    attempt,
                    w.priority(),
                    w.layer(),
                    w.exclusive(),
                    failedOn(entry))));
      }
    }
    tasks.keySet().retainAll(keys);
    standings
        .entrySet()
        .removeIf(
            e -> {
              boolean gone = !keys.contains(e.getKey());
              if (gone && e.getValue() instanceof Offered) {
                pool.accept(new GpuPool.Withdraw(owner, e.getKey()));
              }
              return gone;
            });
  }

  /** Of what is wanted, the tasks that run: all that a paused owner keeps. */
  public static List<Wanted> running(TaskLedger ledger, Collection<Wanted> wanted) {
    return wanted.stream().filter(w -> ledger.get(w.task().key()).live()).toList();
  }

  /** Attempts whose lease has run out. */
  public List<TaskEvent> expired(TaskLedger ledger) {
    long now = nanos.getAsLong();
    List<TaskEvent> events = new ArrayList<>();
    standings.forEach(
        (key, standing) -> {
          if (standing instanceof Granted g && now - g.deadline >= 0) {
            TaskLedger.Entry entry = ledger.get(key);
            if (entry.live() && entry.attempt() == g.attempt) {
              events.add(lost(key, entry));
            }
          }
        });
    events.forEach(e -> standings.remove(e.key()));
    return events;
  }

  /** What a report from a device means. */
  public Verdict judge(TaskLedger ledger, RunSpec spec, Work.Report report) {
    String key = report.key();
    TaskLedger.Entry entry = ledger.get(key);
    String device = report.device().name();
    boolean current =
        entry.live() && entry.attempt() == report.attempt() && entry.device().equals(device);
    boolean first = !entry.settled() && !entry.live() && report.attempt() == entry.attempt() + 1;
    if (!current && !first) {
      ignored++;
      boolean known =
          report instanceof Work.Done
              && entry.result() != null
              && entry.attempt() == report.attempt()
              && entry.device().equals(device);
      return new Verdict(
          List.of(), known ? new Gpu.Acknowledge(key, report.attempt()) : dismissal(report));
    }
    List<TaskEvent> events = new ArrayList<>();
    if (first) {
      events.add(new TaskEvent.AttemptStarted(key, report.attempt(), device));
    }
    if (report instanceof Work.Done done) {
      standings.remove(key);
      events.add(new TaskEvent.TaskFinished(key, report.attempt(), done.result()));
      return new Verdict(events, new Gpu.Acknowledge(key, report.attempt()));
    }
    if (report instanceof Work.Failed failed) {
      Failure failure = failed.failure();
      // A device that was taken away says nothing about the task.
      boolean lost = failure.kind() == Failure.Kind.DEVICE_LOST;
      boolean again = RetryDecision.again(entry, failure, tasks.get(key), spec, settings);
      if (again && !lost) {
        long delay = spec.retries().delay(entry.failures() + 1, random).toNanos();
        standings.put(key, new Resting(nanos.getAsLong() + delay));
      } else {
        standings.remove(key);
      }
      events.add(new TaskEvent.AttemptFailed(key, report.attempt(), failure, lost, again));
      return new Verdict(events, new Gpu.Acknowledge(key, report.attempt()));
    }
    renew(key, report.attempt());
    return new Verdict(events, null);
  }

  /** A lease lasts for its duration from the last sign of life. */
  private void renew(String key, int attempt) {
    standings.put(key, new Granted(attempt, nanos.getAsLong() + settings.duration().toNanos()));
  }

  /** A task that failed on a device may fare better on another; a lost device is no reason. */
  private static String failedOn(TaskLedger.Entry entry) {
    return entry.lastFailure() == null
            || entry.lastFailure().kind() == Failure.Kind.OUT_OF_MEMORY
            || entry.lastFailure().kind() == Failure.Kind.DEVICE_LOST
            || entry.lastFailure().kind() == Failure.Kind.CORRUPT_ARTEFACT
        ? ""
        : entry.device();
  }

  private TaskEvent lost(String key, TaskLedger.Entry entry) {
    Failure failure =
        new Failure(
            Failure.Kind.DEVICE_LOST,
            "%s on %s: nothing was heard of attempt %d and its lease ran out."
                .formatted(key, entry.device(), entry.attempt()));
    return new TaskEvent.AttemptFailed(
        key, entry.attempt(), failure, true, RetryDecision.again(entry, settings));
  }

  private boolean due(Standing standing, long now) {
    if (standing instanceof Resting r) {
      return now - r.until >= 0;
    }
    return standing instanceof Offered o && now - o.at >= settings.reoffer().toNanos();
  }

  /** A finished attempt must stop repeating itself; a running one must stop. */
  public static Gpu.Command dismissal(Work.Report report) {
    boolean over = report instanceof Work.Done || report instanceof Work.Failed;
    return over
        ? new Gpu.Acknowledge(report.key(), report.attempt(), false)
        : new Gpu.Cancel(report.key(), report.attempt());
  }
}

package puzzle.actors.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.actors.Reports;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.RetryPolicy;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.TaskEvent;
import puzzle.persistence.TaskLedger;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Work;

class LeasesTest {

  private static final Device A = new Device("host", "cpu", 0);
  private static final Device B = new Device("host", "cpu", 1);
  private static final RetryPolicy RETRIES =
      new RetryPolicy(Duration.ofSeconds(1), 2, Duration.ofSeconds(10), 0, 3);
  private static final TaskResult RESULT = new TaskResult.Exported("child", List.of());

  private final RunSpec spec = spec();
  private final Task task = new Task.Record();
  private final List<Wanted> wanted = List.of(Wanted.of(task, 0));
  private final Reports peers = new Reports();
  private long now;
  private TaskLedger ledger = TaskLedger.EMPTY;
  private Leases leases = leases();

  @Test
  void anOfferThatNobodyTookUpIsMadeAgain() {
    offer();
    assertEquals(1, offers().size());
    offer();
    assertEquals(0, offers().size());
    pass(5);
    offer();
    assertEquals(1, offers().get(0).ticket().attempt());
  }

  @Test
  void theFirstDeviceToReportAnAttemptHoldsItsLease() {
    offer();
    fold(leases.judge(ledger, spec, started(1, A)));
    Leases.Verdict second = leases.judge(ledger, spec, started(1, B));
    assertEquals(List.of(), second.events());
    assertEquals(new Gpu.Cancel("record", 1), second.answer());
    assertEquals(1, leases.ignored());
  }

  @Test
  void aLeaseLastsAsLongAsItIsRenewed() {
    offer();
    fold(leases.judge(ledger, spec, started(1, A)));
    for (int i = 0; i < 10; i++) {
      pass(15);
      fold(leases.judge(ledger, spec, new Work.Alive("record", 1, A, null)));
      assertEquals(List.of(), leases.expired(ledger));
    }
    pass(20);
    offers();
    List<TaskEvent> lost = leases.expired(ledger);
    assertTrue(((TaskEvent.AttemptFailed) lost.get(0)).lost());
    lost.forEach(e -> ledger = ledger.on(e));
    offer();
    assertEquals(2, offers().get(0).ticket().attempt());
  }

  @Test
  void aLateResultOfALostAttemptIsIgnored() {
    offer();
    fold(leases.judge(ledger, spec, started(1, A)));
    pass(20);
    leases.expired(ledger).forEach(e -> ledger = ledger.on(e));
    offer();
    fold(leases.judge(ledger, spec, started(2, B)));
    Leases.Verdict late = leases.judge(ledger, spec, done(1, A));
    assertEquals(List.of(), late.events());
    assertEquals(new Gpu.Acknowledge("record", 1, false), late.answer());
    fold(leases.judge(ledger, spec, done(2, B)));
    assertTrue(ledger.settled("record"));
  }

  @Test
  void aResultIsTakenOnce() {
    offer();
    fold(leases.judge(ledger, spec, done(1, A)));
    assertTrue(ledger.settled("record"));
    Leases.Verdict again = leases.judge(ledger, spec, done(1, A));
    assertEquals(List.of(), again.events());
    assertEquals(new Gpu.Acknowledge("record", 1), again.answer());
  }

  @Test
  void retriesWithGrowingDelaysThenGivesUp() {
    offer();
    offers();
    for (int attempt = 1; attempt <= 3; attempt++) {
      fold(leases.judge(ledger, spec, started(attempt, A)));
      fold(leases.judge(ledger, spec, failed(attempt, Failure.Kind.TIMED_OUT)));
      offer();
      assertEquals(0, offers().size());
      pass(1 << (attempt - 1));
      if (attempt < 3) {
        offer();
        assertEquals(attempt + 1, offers().get(0).ticket().attempt());
      }
    }
    assertTrue(ledger.get("record").quarantined());
  }

  @Test
  void aTaskThatDoesNotFitIsTriedWithHalfTheMicroBatchDownToOne() {
    Task score = new Task.ScoreBlock(0, spec.space().blocks().get(1), false, null, null);
    Wanted w = Wanted.ofLayer(score, 0, 0);
    List<Integer> batches = new ArrayList<>();
    for (int attempt = 1; !ledger.settled(score.key()); attempt++) {
      if (attempt == 3) {
        // What was halved stays halved after a restart.
        leases = leases();
      }
      pass(20);
      leases.offer(spec, ledger, List.of(w));
      batches.add(offers().get(0).ticket().spec().scoring().batch());
      fold(
          leases.judge(
              ledger,
              spec,
              new Work.Failed(
                  score.key(),
                  attempt,
                  A,
                  null,
                  new Failure(Failure.Kind.OUT_OF_MEMORY, "made to fail"))));
    }
    assertEquals(List.of(4, 2, 1), batches);
    assertTrue(ledger.get(score.key()).quarantined());
  }

  @Test
  void lackOfMemoryDoesNotUseUpTheRetriesOfOtherFailures() {
    Task score = new Task.ScoreBlock(0, spec.space().blocks().get(1), false, null, null);
    Wanted w = Wanted.ofLayer(score, 0, 0);
    int attempt = 0;
    for (Failure.Kind kind :
        List.of(
            Failure.Kind.OUT_OF_MEMORY,
            Failure.Kind.DEFECT,
            Failure.Kind.OUT_OF_MEMORY,
            Failure.Kind.DEFECT,
            Failure.Kind.DEFECT)) {
      assertFalse(ledger.settled(score.key()));
      pass(20);
      leases.offer(spec, ledger, List.of(w));
      fold(
          leases.judge(
              ledger,
              spec,
              new Work.Failed(score.key(), ++attempt, A, null, new Failure(kind, "made to fail"))));
    }
    assertTrue(ledger.get(score.key()).quarantined());
  }

  @Test
  void aTaskThatFailedOnADeviceAsksForAnother() {
    offer();
    assertEquals("", offers().get(0).ticket().avoid());
    fold(leases.judge(ledger, spec, failed(1, Failure.Kind.DEFECT)));
    pass(20);
    offer();
    assertEquals(A.name(), offers().get(0).ticket().avoid());
  }

  @Test
  void afterAJournalThatFailedAnAttemptThatIsNotOnRecordIsOfferedAgain() {
    offer();
    offers();
    leases.judge(ledger, spec, started(1, A));
    leases.restart();
    offer();
    assertEquals(1, offers().get(0).ticket().attempt());
  }

  @Test
  void whatIsNotRetryableIsGivenUpAtOnce() {
    offer();
    fold(leases.judge(ledger, spec, failed(1, Failure.Kind.INVALID_INPUT)));
    assertTrue(ledger.get("record").quarantined());
  }

  @Test
  void losingDevicesDoesNotUseUpRetries() {
    for (int attempt = 1; attempt <= 19; attempt++) {
      offer();
      fold(leases.judge(ledger, spec, failed(attempt, Failure.Kind.DEVICE_LOST)));
      assertFalse(ledger.get("record").quarantined());
    }
    offer();
    fold(leases.judge(ledger, spec, failed(20, Failure.Kind.DEVICE_LOST)));
    assertTrue(ledger.get("record").quarantined());
  }

  @Test
  void aTaskWhoseResultCannotBeWrittenWaitsForRoomHoweverLongItTakes() {
    for (int attempt = 1; attempt <= 100; attempt++) {
      pass(20);
      offer();
      assertEquals(attempt, offers().get(0).ticket().attempt());
      fold(leases.judge(ledger, spec, failed(attempt, Failure.Kind.NO_STORAGE)));
    }
    assertFalse(ledger.get("record").quarantined());
    assertEquals(0, ledger.get("record").failures());
  }

  @Test
  void afterARestartARunningAttemptIsAdopted() {
    offer();
    fold(leases.judge(ledger, spec, started(1, A)));
    offers();
    leases = leases();
    offer();
    assertEquals(0, offers().size());
    pass(2);
    Leases.Verdict alive = leases.judge(ledger, spec, new Work.Alive("record", 1, A, null));
    assertNull(alive.answer());
    pass(15);
    assertEquals(List.of(), leases.expired(ledger));
    fold(leases.judge(ledger, spec, done(1, A)));
    assertTrue(ledger.settled("record"));
  }

  @Test
  void afterARestartASilentAttemptIsDoneAgain() {
    offer();
    fold(leases.judge(ledger, spec, started(1, A)));
    leases = leases();
    offer();
    pass(3);
    leases.expired(ledger).forEach(e -> ledger = ledger.on(e));
    offers();
    offer();
    assertEquals(2, offers().get(0).ticket().attempt());
  }

  @Test
  void whatIsNoLongerWantedIsWithdrawn() {
    offer();
    leases.offer(spec, ledger, List.of());
    assertEquals("record", peers.take(GpuPool.Withdraw.class).get(0).key());
  }

  @Test
  void invariantsHoldOverRandomSchedules() {
    for (long seed = 0; seed < 2000; seed++) {
      randomSchedule(seed);
    }
  }

  /** Drops, doubles, delays and restarts; whatever happens, one result and no stale attempt. */
  private void randomSchedule(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ledger = TaskLedger.EMPTY;
    leases = leases();
    offers();
    List<Work.Report> wire = new ArrayList<>();
    int finished = 0;
    for (int step = 0; step < 400 && !ledger.settled("record"); step++) {
      offer();
      for (GpuPool.Offer offer : offers()) {
        int attempt = offer.ticket().attempt();
        assertEquals(ledger.get("record").attempt() + 1, attempt, "seed " + seed);
        Device device = random.nextBoolean() ? A : B;
        wire.add(started(attempt, device));
        wire.add(
            random.nextInt(4) == 0
                ? new Work.Failed(
                    "record", attempt, device, null, new Failure(Failure.Kind.DEVICE_LOST, "gone"))
                : done(attempt, device));
      }
      if (!wire.isEmpty()) {
        Work.Report report = wire.get(random.nextInt(wire.size()));
        if (random.nextInt(3) > 0) {
          wire.remove(report);
        }
        if (random.nextInt(4) > 0) {
          for (TaskEvent event : fold(leases.judge(ledger, spec, report))) {
            assertEquals(report.attempt(), ledger.get("record").attempt(), "seed " + seed);
            finished += event instanceof TaskEvent.TaskFinished ? 1 : 0;
          }
        }
      }
      if (random.nextInt(10) == 0) {
        leases = leases();
      }
      pass(random.nextInt(8));
      leases.expired(ledger).forEach(e -> ledger = ledger.on(e));
    }
    assertTrue(ledger.settled("record"), "seed " + seed);
    assertTrue(finished == 1 || ledger.get("record").quarantined(), "seed " + seed);
    assertInstanceOf(TaskLedger.Entry.class, ledger.get("record"));
  }

  private Leases leases() {
    return new Leases(
        new Work.Owner(Work.Owner.Kind.RUN, "run"),
        new PuzzleSettings.Lease(
            Duration.ofSeconds(20), Duration.ofSeconds(3), Duration.ofSeconds(5), 20),
        peers::pool,
        () -> now,
        new SplittableRandom(1));
  }

  private void offer() {
    leases.offer(spec, ledger, ledger.settled("record") ? List.of() : wanted);
  }

  private List<GpuPool.Offer> offers() {
    return peers.take(GpuPool.Offer.class);
  }

  private List<TaskEvent> fold(Leases.Verdict verdict) {
    verdict.events().forEach(e -> ledger = ledger.on(e));
    return verdict.events();
  }

  private void pass(int seconds) {
    now += seconds * 1_000_000_000L;
  }

  private static RunSpec spec() {
    return Examples.spec(Path.of("/store")).with(s -> s.retries = RETRIES);
  }

  private static Work.Report started(int attempt, Device device) {
    return new Work.Started("record", attempt, device, null);
  }

  private static Work.Report done(int attempt, Device device) {
    return new Work.Done("record", attempt, device, null, RESULT);
  }

  private static Work.Report failed(int attempt, Failure.Kind kind) {
    return new Work.Failed("record", attempt, A, null, new Failure(kind, "made to fail"));
  }
}

package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.node.UnreachableException;
import puzzle.model.RunId;
import puzzle.protocol.Run;

/**
 * Faults of one machine other than {@code kill -9}: suspended processes, native crashes, orderly
 * shutdown, a journal that is away, a disk that is full.
 */
class FaultsIT extends ThreeNodes {

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void aCoordinatorThatSleepsForFiveSecondsKeepsItsPlace() throws Exception {
    String run = begin("nap", "bld");
    NodeProcess sleeper = coordinator();
    long pid = sleeper.pid();
    sleep(sleeper, 5);
    finish(run);
    assertTrue(sleeper.alive() && sleeper.pid() == pid, "nobody was put out");
  }

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void aWorkerThatSleepsForHalfAMinuteIsReplacedAndItsLateResultIsFencedOff() throws Exception {
    String run = begin("sleeping-worker", "bld");
    sleepThrough(run, worker(run), 30);
  }

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void aCoordinatorThatSleepsForHalfAMinuteIsReplaced() throws Exception {
    String run = begin("sleeping-coordinator", "bld");
    sleepThrough(run, coordinator(), 30);
  }

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void aCoordinatorThatSleepsForTwoMinutesIsReplaced() throws Exception {
    String run = begin("long-sleep", "bld");
    sleepThrough(run, coordinator(), 120);
  }

  /** Longer than the others take to continue without it. */
  @Test
  void aCoordinatorThatSleepsTooLongIsReplacedAndSaysNothingMoreWhenItWakes() throws Exception {
    String run = begin("asleep", "bld");
    sleepThrough(run, coordinator(), 14);
  }

  @Test
  void aRollingRestartLosesNoTaskAndANativeCrashCostsOneNode() throws Exception {
    String run = begin("rolling", "bld");
    for (NodeProcess node : site.nodes()) {
      Signals.send(node, "TERM");
      assertEquals(128 + 15, node.exit(40), node.name() + " goes when it is told to");
      site.restart(List.of(node));
      trials.until(run, site::whole);
    }
    NodeProcess victim = worker(run);
    Signals.send(victim, "SEGV");
    trials.until(run, () -> !victim.alive());
    site.nodes().stream()
        .filter(n -> n != victim)
        .forEach(n -> assertTrue(n.alive(), n.name() + " lives"));
    finish(run);
    // What ran on the node that crashed is all that was lost; the rest was finished or given back.
    assertTrue(
        trials.failures().stream().filter(f -> f.contains("lease ran out")).count() <= 1,
        trials.failures()::toString);
  }

  @Test
  void whileTheJournalIsAwayForFiveSecondsWorkGoesOn() throws Exception {
    withoutJournal("short-outage", 5);
  }

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void whileTheJournalIsAwayForAMinuteWorkGoesOn() throws Exception {
    withoutJournal("long-outage", 60);
  }

  @Test
  void whileTheStoresDiskIsFullOrReadOnlyDevicesRestAndTheRunGoesOnLater() throws Exception {
    assumeTrue(disk != null, "no file system of our own here, see above");
    String run = begin("full", "bld");
    disk.fill();
    restingAndNotEnded(run, "disk is full");
    disk.free();
    trials.until(run, () -> trials.reached(run, "evaluate"));
    disk.readOnly(true);
    restingAndNotEnded(run, "read-only");
    disk.readOnly(false);
    finish(run);
  }

  /** Devices say why they take nothing; longer than all attempts of a task would last. */
  private void restingAndNotEnded(String run, String why) throws Exception {
    Instant since = Instant.now();
    trials.until(run, () -> elapsed(since) > 15 && logs().contains(why));
    assertTrue(logs().contains("takes no task for"), "it says so");
    assertFalse(site.ended(run));
    assertEquals(
        List.of(),
        VisibleFiles.halves(work.resolve("runs/full/library")),
        "nothing is visible that is not whole");
  }

  private String logs() throws IOException {
    StringBuilder text = new StringBuilder();
    for (NodeProcess node : site.nodes()) {
      text.append(Files.readString(node.log()));
    }
    return text.toString();
  }

  /** The node, other than the one with the pool, that took the latest step. */
  private NodeProcess worker(String run) throws Exception {
    String pool = trials.chronicles().last("pool", null);
    trials.until(run, () -> lastStep(run, pool).isPresent());
    return node(lastStep(run, pool).orElseThrow().node());
  }

  private Optional<Chronicles.Line> lastStep(String run, String notOn) {
    return trials
        .chronicles()
        .of(run)
        .filter(l -> l.verb().equals("stepped") && !l.node().equals(notOn))
        .reduce((a, b) -> b);
  }

  private NodeProcess coordinator() {
    return node(trials.chronicles().last("pool", null));
  }

  private NodeProcess node(String name) {
    return site.nodes().stream().filter(n -> n.name().equals(name)).findFirst().orElseThrow();
  }

  private static void sleep(NodeProcess node, int seconds) throws Exception {
    Signals.send(node, "STOP");
    try {
      TimeUnit.SECONDS.sleep(seconds);
    } finally {
      Signals.send(node, "CONT");
    }
  }

  /** The others take over while it sleeps; awake, it finds out and stops. */
  private void sleepThrough(String run, NodeProcess sleeper, int seconds) throws Exception {
    Instant asleep = Signals.send(sleeper, "STOP");
    try {
      trials.until(
          run,
          () ->
              elapsed(asleep) > seconds
                  && trials
                      .chronicles()
                      .of(run)
                      .anyMatch(
                          l ->
                              l.at().isAfter(asleep.plusSeconds(1))
                                  && !l.node().equals(sleeper.name())));
    } finally {
      Signals.send(sleeper, "CONT");
    }
    trials.until(run, () -> !sleeper.alive());
    assertEquals(6, sleeper.exit(1), "it says that the cluster went on without it");
    finish(run);
  }

  private void withoutJournal(String run, int seconds) throws Exception {
    begin(run, "bld");
    List<Long> before = site.nodes().stream().map(NodeProcess::pid).toList();
    Instant away = Instant.now();
    Thread outage =
        new Thread(
            () -> {
              try {
                site.killJournal(TimeUnit.SECONDS.toMillis(seconds));
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    outage.start();
    try (ClusterLink link = site.link()) {
      // Whoever asks is answered in time, or told in time that there will be no answer.
      try {
        link.<Run.Answer>ask(new RunId(run), replyTo -> new Run.Pause(replyTo));
      } catch (UnreachableException e) {
        assertTrue(e.getMessage().contains("the journal is down"), e.getMessage());
      }
      assertTrue(elapsed(away) < 20, "told after " + elapsed(away) + " s");
    }
    outage.join();
    Instant back = Instant.now();
    trials.until(run, () -> trials.goesOn(run, back) || site.ended(run));
    System.out.printf("%s: went on %.1f s after the journal%n", run, elapsed(back));
    try (ClusterLink link = site.link()) {
      // In case the order came through after all.
      link.<Run.Answer>ask(new RunId(run), replyTo -> new Run.Resume(replyTo));
    }
    finish(run);
    assertEquals(
        before, site.nodes().stream().map(NodeProcess::pid).toList(), "no node was restarted");
  }
}

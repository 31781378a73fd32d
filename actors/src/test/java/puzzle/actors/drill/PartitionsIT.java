package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Networks that fall apart. */
class PartitionsIT extends ThreeNodes {

  @Test
  void aCoordinatorThatIsCutOffDownsItselfAndBeginsNoClusterOfItsOwn() throws Exception {
    permitted();
    String run = begin("two-one", "bld");
    // The first seed is the one that may begin a cluster; the journal stays within its reach.
    NodeProcess alone = site.nodes().get(0);
    networks.part(0, 1);
    networks.part(0, 2);
    trials.until(run, () -> !alone.alive());
    assertEquals(6, alone.exit(1));
    Instant restarted = Instant.now();
    site.restart(List.of(alone));
    trials.until(
        run, () -> trials.goesOn(run, restarted) && elapsed(restarted) > 12 || site.ended(run));
    assertFalse(site.whole(), "it waits for the others");
    networks.join(0, 1);
    networks.join(0, 2);
    finish(run);
    oneSolver(run);
  }

  @Test
  void threeNodesThatDoNotHearEachOtherAllStopAndGoOnTogetherLater() throws Exception {
    permitted();
    String run = begin("one-one-one", "bld");
    networks.part(0, 1);
    networks.part(0, 2);
    networks.part(1, 2);
    trials.until(run, () -> site.nodes().stream().noneMatch(NodeProcess::alive));
    networks.join(0, 1);
    networks.join(0, 2);
    networks.join(1, 2);
    finish(run);
    oneSolver(run);
  }

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void aWayThatIsBlockedInOneDirectionOnlyLeavesOneSide() throws Exception {
    permitted();
    String run = begin("one-way", "bld");
    networks.block(0, 1);
    networks.block(0, 2);
    NodeProcess mute = site.nodes().get(0);
    trials.until(run, () -> !mute.alive());
    networks.unblock(0, 1);
    networks.unblock(0, 2);
    finish(run);
    oneSolver(run);
  }

  @Test
  @EnabledIfSystemProperty(named = LONG, matches = "true")
  void linksThatComeAndGoLeaveOneSolver() throws Exception {
    permitted();
    String run = begin("flapping", "bld");
    for (int i = 0; i < 6; i++) {
      networks.unplug(2);
      TimeUnit.MILLISECONDS.sleep(2500);
      networks.plug(2);
      TimeUnit.MILLISECONDS.sleep(1500);
    }
    finish(run);
    oneSolver(run);
  }

  private void permitted() {
    assumeTrue(networks != null, "no network namespaces here, see above");
  }

  /** Once another node's solver has started, the one before says nothing more. */
  private void oneSolver(String run) {
    String host = null;
    for (Chronicles.Line line : trials.chronicles().of(run).toList()) {
      if (line.verb().equals("solver-started")) {
        host = line.node();
      } else if (line.verb().equals("solved")) {
        assertEquals(host, line.node(), "two solvers: " + line);
      }
    }
  }
}

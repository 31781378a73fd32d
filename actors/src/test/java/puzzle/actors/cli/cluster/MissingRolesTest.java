package puzzle.actors.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import puzzle.protocol.Edge;

class MissingRolesTest {

  @Test
  void aClusterWithoutASolverIsNamedBeforeItsRunsWaitInSilence() {
    String said =
        MissingRoles.of(List.of(node(true, "coordinator", "edge"), node(true, "gpu")))
            .orElseThrow();
    assertTrue(said.startsWith("no node has the role solver:"), said);
    assertTrue(said.contains("\nMaybe ./puzzle node --roles solver"), said);
  }

  @Test
  void aRoleOfANodeThatCannotBeReachedIsMissing() {
    String said =
        MissingRoles.of(List.of(node(true, "coordinator"), node(false, "gpu", "solver")))
            .orElseThrow();
    assertTrue(said.startsWith("no node has the role solver or gpu:"), said);
  }

  @Test
  void whereEveryRoleIsTakenNothingIsSaid() {
    assertEquals(
        Optional.empty(),
        MissingRoles.of(List.of(node(true, "coordinator", "solver"), node(true, "gpu"))));
  }

  private static Edge.Node node(boolean reachable, String... roles) {
    return new Edge.Node("127.0.0.1:25520", List.of(roles), "up", reachable);
  }
}

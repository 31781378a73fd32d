package puzzle.actors.cli.cluster;

import java.util.List;
import java.util.Optional;
import puzzle.cluster.NodeRole;
import puzzle.protocol.Edge;

/** Says which roles no node of a cluster has: without them a run waits and nothing says why. */
final class MissingRoles {

  private MissingRoles() {}

  /** A sentence for people, if a role is missing. */
  static Optional<String> of(List<Edge.Node> nodes) {
    List<String> missing =
        List.of(NodeRole.COORDINATOR, NodeRole.SOLVER, NodeRole.GPU).stream()
            .map(NodeRole::label)
            .filter(
                role -> nodes.stream().noneMatch(n -> n.reachable() && n.roles().contains(role)))
            .toList();
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "no node has the role %s: runs wait until one has.\nMaybe ./puzzle node --roles %s ..."
                .formatted(String.join(" or ", missing), String.join(",", missing)));
  }
}

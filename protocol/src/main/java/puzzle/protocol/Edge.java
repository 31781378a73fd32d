package puzzle.protocol;

import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.RunId;

/** Where programs outside the cluster talk to it; one on each node with that role. */
public interface Edge {

  /** What an edge is told. */
  sealed interface Command permits ToRun, GetRuns, GetNodes, Watch, Internal {}

  /** The opening for messages an actor sends itself. */
  non-sealed interface Internal extends Command, NoSerializationVerificationNeeded {}

  /** Hands an order to a run, wherever it lives; the run answers. */
  record ToRun(RunId run, Run.Order order) implements Command, Wire {}

  /** Asks for every run on record. */
  record GetRuns(ActorRef<Runs> replyTo) implements Command, Wire {}

  /** Asks who is in the cluster. */
  record GetNodes(ActorRef<Nodes> replyTo) implements Command, Wire {}

  /**
   * Lets an onlooker hear what happens in a run, for a while: repeated for as long as it wants to,
   * since an onlooker outside the cluster cannot be seen to die.
   */
  record Watch(RunId run, ActorRef<Feed.Fact> onlooker) implements Command, Wire {}

  /**
   * Runs on record, ended ones among them.
   *
   * @param failure why they could not be read, or null
   */
  record Runs(List<RunId> runs, String failure) implements Wire {
    public Runs {
      runs = runs == null ? List.of() : List.copyOf(runs);
    }
  }

  /** Members of the cluster. */
  record Nodes(List<Node> nodes) implements Wire {
    public Nodes {
      nodes = nodes == null ? List.of() : List.copyOf(nodes);
    }
  }

  /**
   * One member.
   *
   * @param address {@code host:port}
   * @param status {@code up}, {@code joining}, {@code leaving}
   * @param reachable false if it was not heard of lately
   */
  record Node(String address, List<String> roles, String status, boolean reachable) {
    public Node {
      roles = roles == null ? List.of() : List.copyOf(roles);
    }
  }
}

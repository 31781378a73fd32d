package puzzle.actors.node;

import com.typesafe.config.Config;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSelection;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.japi.function.Function;
import puzzle.cluster.NodeConfig;
import puzzle.model.RunId;
import puzzle.protocol.Edge;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

/**
 * A program's link to the edge of a cluster it is not a member of: messages over the same
 * transport, with the same certificates, as between nodes. The node must be able to reach this
 * machine too.
 */
public final class ClusterLink implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int CONNECT_MILLIS = 3000;

  private final String address;
  private final ActorSystem<Void> system;
  private final ActorSelection place;
  private final Onlookers onlookers;

  /** Of the process that answered last: one that is started again at the same place is another. */
  private volatile ActorRef<Edge.Command> edge;

  /**
   * @param host of any node with the edge role
   * @param options how to talk to it; see {@link NodeConfig#client}
   * @throws UnreachableException where nothing answers
   */
  public static ClusterLink open(String host, int port, NodeConfig.Options options) {
    String address = host + ":" + port;
    String own;
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
      own = socket.getLocalAddress().getHostAddress();
    } catch (IOException | IllegalArgumentException e) {
      throw new UnreachableException(
          "%s: no node answers: %s.".formatted(address, e.getMessage())
              + "\nMaybe start one with ./puzzle node, or give --connect HOST:PORT of one that"
              + " runs.",
          e);
    }
    Config config = NodeConfig.client(options, own);
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "puzzle-client", config);
    try {
      ActorSelection place =
          Adapter.toClassic(system)
              .actorSelection(
                  "pekko://%s@%s:%d/user/%s"
                      .formatted(NodeConfig.SYSTEM, host, port, EdgeActor.NAME));
      return new ClusterLink(address, system, place);
    } catch (RuntimeException e) {
      system.terminate();
      throw e;
    }
  }

  private ClusterLink(String address, ActorSystem<Void> system, ActorSelection place) {
    this.address = address;
    this.system = system;
    this.place = place;
    this.onlookers = new Onlookers(system);
    Await.answer(
        find(),
        PATIENCE.plusSeconds(1),
        e ->
            new UnreachableException(
                address
                    + ": something listens there, but no edge of a cluster answers."
                    + "\nMaybe the node lacks the role edge, is known by another address, or wants"
                    + " other certificates (--tls DIR).",
                e));
  }

  /** Looks who is there now. */
  private CompletionStage<Void> find() {
    return place.resolveOne(PATIENCE).thenAccept(found -> edge = Adapter.toTyped(found));
  }

  /** Gives an order to a run and waits for the answer. */
  public <T> T ask(RunId run, Function<ActorRef<T>, Run.Order> order) {
    return wait(
        AskPattern.<Edge.Command, T>ask(
            edge, r -> new Edge.ToRun(run, order.apply(r)), PATIENCE, system.scheduler()),
        "run " + run);
  }

  /** Every run on record. */
  public List<RunId> runs() {
    Edge.Runs runs =
        wait(
            AskPattern.ask(edge, Edge.GetRuns::new, PATIENCE, system.scheduler()),
            "the list of runs");
    if (runs.failure() != null) {
      throw new UnreachableException(
          address
              + ": "
              + runs.failure()
              + "\nMaybe the journal is down; the cluster resumes once it is back.");
    }
    return runs.runs();
  }

  public List<Edge.Node> nodes() {
    return wait(
            AskPattern.ask(edge, Edge.GetNodes::new, PATIENCE, system.scheduler()),
            "the list of nodes")
        .nodes();
  }

  /** Calls the onlooker with every fact of a run until the link is closed. */
  public void watch(RunId run, Consumer<Feed.Fact> onlooker) {
    ActorRef<Feed.Fact> ref = onlookers.of(onlooker);
    system
        .scheduler()
        .scheduleAtFixedRate(
            Duration.ZERO,
            EdgeActor.REPEAT,
            () -> edge.tell(new Edge.Watch(run, ref)),
            system.executionContext());
  }

  @Override
  public void close() {
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      system.log().warn("the link did not close in time", e);
    }
  }

  private <T> T wait(CompletionStage<T> stage, String what) {
    return Await.answer(
        stage,
        PATIENCE.plusSeconds(1),
        e -> {
          find();
          return new UnreachableException(
              "%s: %s: no answer within %d s.".formatted(address, what, PATIENCE.toSeconds())
                  + "\nMaybe no coordinator is up, or the journal is down; try again in a while.",
              e);
        });
  }
}

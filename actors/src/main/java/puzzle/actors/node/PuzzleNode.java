package puzzle.actors.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.persistence.Persistence;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.feed.FeedSettings;
import puzzle.actors.http.HttpEdge;
import puzzle.actors.http.HttpSettings;
import puzzle.actors.http.Meters;
import puzzle.cluster.NodeConfig;
import puzzle.cluster.NodeRole;
import puzzle.cluster.PuzzleSettings;
import puzzle.persistence.Journal;
import puzzle.protocol.Feed;

/** A running node: starts what its roles ask for, and stops it. */
public final class PuzzleNode implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ActorSystem<Guardian.Command> system;
  private final Meters metrics;
  private final Membership membership;
  private final RunDesk desk;
  private final Onlookers onlookers;
  private HttpEdge http;

  private PuzzleNode(ActorSystem<Guardian.Command> system, Meters metrics) {
    this.system = system;
    this.metrics = metrics;
    this.membership = new Membership(system);
    this.desk = new RunDesk(system, membership);
    this.onlookers = new Onlookers(system);
  }

  /**
   * Starts a node that is a whole cluster by itself, with an embedded journal.
   *
   * @param journal folder of the journal
   */
  public static PuzzleNode alone(Path journal, int devices, Tools tools) {
    return alone(journal, devices, tools, ConfigFactory.empty());
  }

  /**
   * @param overrides settings that win over all others
   */
  public static PuzzleNode alone(Path journal, int devices, Tools tools, Config overrides) {
    Config config =
        overrides
            .withFallback(
                ConfigFactory.empty()
                    .withValue(
                        "puzzle.embedded.folder",
                        ConfigValueFactory.fromAnyRef(journal.toAbsolutePath().toString()))
                    .withValue("puzzle.gpu.devices", ConfigValueFactory.fromAnyRef(devices))
                    .withFallback(ConfigFactory.parseResources("alone.conf")))
            .withFallback(ConfigFactory.defaultOverrides())
            .withFallback(ConfigFactory.parseResourcesAnySyntax("application"))
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve();
    PuzzleNode node = started(config, tools, () -> false);
    node.membership.joinItself();
    return node;
  }

  /**
   * Starts a node among others: joins a cluster, or begins one where it may and there is none.
   *
   * @param config of {@link NodeConfig#node}
   */
  public static PuzzleNode join(Config config, Tools tools) {
    List<String> seeds = NodeConfig.seeds(config);
    SleepDetector pulse = new SleepDetector(Membership.unnoticed(config), System::nanoTime);
    // Where there is one coordinator nobody takes over from it.
    boolean replaceable = seeds.size() > 1;
    PuzzleNode node = started(config, tools, () -> replaceable && pulse.slept());
    if (replaceable) {
      pulse.start(node.membership::leave);
    }
    node.retireFirst(config.getDuration("puzzle.gpu.grace"));
    node.membership.leaveOnceLonely(config.getDuration("puzzle.lonely"));
    node.membership.join(
        seeds, config.getDuration("pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes"));
    return node;
  }

  /** Devices finish or give back what they run before the node stops, if it is still of use. */
  private void retireFirst(Duration grace) {
    CoordinatedShutdown.get(Adapter.toClassic(system))
        .addTask(
            CoordinatedShutdown.PhaseServiceRequestsDone(),
            "devices",
            () ->
                membership.told()
                    ? AskPattern.ask(
                        system,
                        replyTo -> new Guardian.Retire(grace, replyTo),
                        grace.plus(PATIENCE),
                        system.scheduler())
                    : CompletableFuture.completedFuture(Done.getInstance()));
  }

  private static PuzzleNode started(Config config, Tools tools, BooleanSupplier replaced) {
    PuzzleSettings settings = PuzzleSettings.from(config);
    Journal kept = Journal.of(config);
    boolean coordinator = settings.roles().contains(NodeRole.COORDINATOR);
    Meters metrics = new Meters();
    ActorSystem<Guardian.Command> system =
        ActorSystem.create(
            Guardian.create(
                settings,
                tools,
                new Guardian.FeedParts(FeedSettings.from(config), metrics::lag),
                replaced),
            NodeConfig.SYSTEM,
            coordinator ? kept.eager(config) : config);
    PuzzleNode node = new PuzzleNode(system, metrics);
    try {
      if (coordinator) {
        Persistence.get(Adapter.toClassic(system));
        RunDesk.wait(kept.prepare(system), "the journal's tables");
      }
      RunDesk.wait(
          AskPattern.ask(system, Guardian.AwaitStart::new, PATIENCE, system.scheduler()),
          "the node's start");
      node.serve(settings);
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
    return node;
  }

  /** This node among the others. */
  public Membership membership() {
    return membership;
  }

  /** Where runs are asked and told. */
  public RunDesk desk() {
    return desk;
  }

  /** The HTTP server of this node, where it has one. */
  public Optional<HttpEdge> http() {
    return Optional.ofNullable(http);
  }

  /** Opens the HTTP port where the node talks to people and other systems. */
  private void serve(PuzzleSettings settings) {
    HttpSettings http = HttpSettings.from(system.settings().config());
    if (http.enabled() && settings.roles().contains(NodeRole.EDGE)) {
      EdgeParts parts =
          RunDesk.wait(
              AskPattern.ask(system, Guardian.GetEdge::new, PATIENCE, system.scheduler()),
              "the node's edge");
      watch(metrics::on);
      this.http = HttpEdge.start(system, http, parts, metrics);
    }
  }

  /** Calls the onlooker with every fact, on an actor's thread, one after the other. */
  public void watch(Consumer<Feed.Fact> onlooker) {
    system.tell(new Guardian.Watch(onlookers.of(onlooker)));
  }

  /** Leaves the cluster and stops; a running task is stopped and its attempt is given up. */
  @Override
  public void close() {
    if (http != null) {
      http.close();
    }
    system.terminate();
    try {
      system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      system.log().warn("the node did not stop in time", e);
    }
  }
}

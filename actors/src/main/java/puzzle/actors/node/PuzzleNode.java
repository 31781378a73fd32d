package puzzle.actors.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.persistence.Persistence;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.http.HttpEdge;
import puzzle.actors.http.HttpSettings;
import puzzle.actors.http.Meters;
import puzzle.actors.run.RunFolder;
import puzzle.actors.work.Unreadable;
import puzzle.cluster.NodeConfig;
import puzzle.cluster.NodeRole;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.RunSpec;
import puzzle.persistence.Journal;
import puzzle.persistence.RunState;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

/**
 * A running node and the edge through which programs talk to it: the only place that asks and
 * waits.
 */
public final class PuzzleNode implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration CHECK = Duration.ofSeconds(1);

  private final ActorSystem<Guardian.Command> system;
  private final Meters metrics;
  private final AtomicInteger onlookers = new AtomicInteger();
  private HttpEdge http;

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
    Cluster cluster = Cluster.get(node.system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    return node;
  }

  /**
   * Starts a node among others: joins a cluster, or begins one where it may and there is none.
   *
   * @param config of {@link NodeConfig#node}
   */
  public static PuzzleNode join(Config config, Tools tools) {
    List<String> seeds = NodeConfig.seeds(config);
    Pulse pulse = new Pulse(unnoticed(config), System::nanoTime);
    // Where there is one coordinator nobody takes over from it.
    boolean replaceable = seeds.size() > 1;
    PuzzleNode node = started(config, tools, () -> replaceable && pulse.slept());
    if (replaceable) {
      pulse.start(node::leaveNow);
    }
    Duration grace = config.getDuration("puzzle.gpu.grace");
    CoordinatedShutdown.get(Adapter.toClassic(node.system))
        .addTask(
            CoordinatedShutdown.PhaseServiceRequestsDone(),
            "devices",
            () ->
                node.told()
                    ? AskPattern.ask(
                        node.system,
                        replyTo -> new Guardian.Retire(grace, replyTo),
                        grace.plus(PATIENCE),
                        node.system.scheduler())
                    : CompletableFuture.completedFuture(Done.getInstance()));
    node.leaveOnceLonely(config.getDuration("puzzle.lonely"));
    if (seeds.isEmpty() || !seeds.get(0).equals(node.address())) {
      node.join(seeds);
    } else {
      Duration patience =
          config.getDuration("pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes");
      Thread waiting =
          new Thread(
              () -> {
                if (new Quorum(seeds, node.address()).await(patience)) {
                  node.join(seeds);
                } else {
                  node.system.terminate();
                }
              },
              "seeds");
      waiting.setDaemon(true);
      waiting.start();
    }
    return node;
  }

  /** False where the cluster continues without this node: nobody waits for what its devices do. */
  private boolean told() {
    return CoordinatedShutdown.get(Adapter.toClassic(system))
        .getShutdownReason()
        .filter(r -> r == CoordinatedShutdown.clusterDowningReason())
        .isEmpty();
  }

  /** Stops the node when the cluster it is a member of has had no coordinator for so long. */
  private void leaveOnceLonely(Duration patience) {
    AtomicLong met = new AtomicLong();
    system
        .scheduler()
        .scheduleAtFixedRate(
            CHECK,
            CHECK,
            () -> {
              boolean coordinated = false;
              for (Member member : Cluster.get(system).state().getMembers()) {
                coordinated |= member.hasRole(NodeRole.COORDINATOR.label());
              }
              long now = System.nanoTime();
              if (coordinated) {
                met.set(now);
              } else if (met.get() != 0 && now - met.get() > patience.toNanos()) {
                leaveNow();
              }
            },
            system.executionContext());
  }

  /** How long a node can be silent before others may go on without it, at the least. */
  private static Duration unnoticed(Config config) {
    Config cluster = config.getConfig("pekko.cluster");
    return cluster
        .getDuration("failure-detector.acceptable-heartbeat-pause")
        .plus(cluster.getDuration("split-brain-resolver.stable-after"));
  }

  private void leaveNow() {
    CoordinatedShutdown.get(Adapter.toClassic(system))
        .run(CoordinatedShutdown.clusterDowningReason());
  }

  /** Looks for a cluster among the seeds; the first of them begins one where there is none. */
  private void join(List<String> seeds) {
    Cluster cluster = Cluster.get(system);
    List<Address> addresses = new ArrayList<>();
    for (String seed : seeds) {
      addresses.add(AddressFromURIString.parse("pekko://" + NodeConfig.SYSTEM + "@" + seed));
    }
    if (addresses.isEmpty()) {
      addresses.add(cluster.selfMember().address());
    }
    cluster.manager().tell(new JoinSeedNodes(addresses));
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
                new Guardian.FeedParts(config.getInt("puzzle.feed.window"), metrics::lag),
                replaced),
            NodeConfig.SYSTEM,
            coordinator ? kept.eager(config) : config);
    PuzzleNode node = new PuzzleNode(system, metrics);
    try {
      if (coordinator) {
        Persistence.get(Adapter.toClassic(system));
        wait(kept.prepare(system), "the journal's tables");
      }
      wait(
          AskPattern.ask(system, Guardian.AwaitStart::new, PATIENCE, system.scheduler()),
          "the node's start");
      node.serve(settings);
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
    return node;
  }

  /** Completed once the node is a member that takes part. */
  public CompletionStage<Done> up() {
    CompletableFuture<Done> up = new CompletableFuture<>();
    org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system))
        .registerOnMemberUp(() -> up.complete(Done.getInstance()));
    return up;
  }

  /** True where the node stopped because the cluster would not have it as it is set up. */
  public boolean refused() {
    return CoordinatedShutdown.get(Adapter.toClassic(system))
        .getShutdownReason()
        .filter(r -> r == CoordinatedShutdown.incompatibleConfigurationDetectedReason())
        .isPresent();
  }

  /**
   * Does nothing unless the node stopped by itself because of its journal.
   *
   * @throws UnreadableJournalException naming the entity and the event
   */
  public void checkReadable() {
    CoordinatedShutdown.get(Adapter.toClassic(system))
        .getShutdownReason()
        .filter(Unreadable.class::isInstance)
        .ifPresent(
            reason -> {
              throw new UnreadableJournalException(((Unreadable) reason).message());
            });
  }

  /** Completed once the node has begun to stop because the cluster goes on without it. */
  public CompletionStage<Done> outcast() {
    CompletableFuture<Done> outcast = new CompletableFuture<>();
    CoordinatedShutdown.get(Adapter.toClassic(system))
        .addTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind(),
            "outcast",
            () -> {
              if (!told()) {
                outcast.complete(Done.getInstance());
              }
              return CompletableFuture.completedFuture(Done.getInstance());
            });
    return outcast;
  }

  /** Completed once the node has stopped, whatever stopped it. */
  public CompletionStage<Done> stopped() {
    return system.getWhenTerminated();
  }

  /** {@code host:port}. */
  public String address() {
    Address address = Cluster.get(system).selfMember().address();
    return address.getHost().orElse("local") + ":" + address.getPort().orElse(0);
  }

  private PuzzleNode(ActorSystem<Guardian.Command> system, Meters metrics) {
    this.system = system;
    this.metrics = metrics;
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
          wait(
              AskPattern.ask(system, Guardian.GetEdge::new, PATIENCE, system.scheduler()),
              "the node's edge");
      watch(metrics::on);
      this.http = HttpEdge.start(system, http, parts, metrics);
    }
  }

  /** Calls the onlooker with every fact, on an actor's thread, one after the other. */
  public void watch(Consumer<Feed.Fact> onlooker) {
    Behavior<Feed.Fact> behavior =
        Behaviors.receive(Feed.Fact.class)
            .onAnyMessage(
                fact -> {
                  onlooker.accept(fact);
                  return Behaviors.same();
                })
            .build();
    ActorRef<Feed.Fact> ref =
        system.systemActorOf(
            behavior,
            "onlooker-" + onlookers.incrementAndGet(),
            org.apache.pekko.actor.typed.Props.empty());
    system.tell(new Guardian.Watch(ref));
  }

  /** Starts a run or goes on with it. */
  public Run.Answer start(RunSpec spec, int layers, String hash) {
    return ask(spec, replyTo -> new Run.Start(spec, layers, hash, replyTo), "the run's start");
  }

  /** Gives an order to a run and waits for the answer. */
  public Run.Answer order(
      RunSpec spec,
      org.apache.pekko.japi.function.Function<ActorRef<Run.Answer>, Run.Order> order) {
    return ask(spec, order::apply, "the run's answer");
  }

  /** Asks how far a run is. */
  public Run.Status status(RunSpec spec) {
    return ask(spec, Run.GetStatus::new, "the run's status");
  }

  /** Names of the runs in the journal. */
  public List<String> runs() {
    return wait(facts().runs(), "the journal's runs").stream().distinct().sorted().toList();
  }

  /**
   * Writes a run's folder from its journal: tables, report, events.
   *
   * @return the folder
   */
  public Path report(String run) {
    RunState state = wait(facts().state(run), "the run's journal");
    RunFolder.write(state);
    Path folder = Path.of(state.spec().store());
    events(run, folder);
    return folder;
  }

  /** Writes every event of a run into its folder, a line each. */
  public void events(String run, Path folder) {
    wait(facts().write(run, folder.resolve("events.ndjson")), "the run's events");
  }

  private puzzle.actors.feed.JournalReader facts() {
    return puzzle.actors.feed.JournalReader.of(system);
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

  private <T> T ask(
      RunSpec spec,
      org.apache.pekko.japi.function.Function<ActorRef<T>, Run.Command> message,
      String what) {
    CompletableFuture<T> answer =
        ClusterSharding.get(system)
            .entityRefFor(ShardedPeers.RUN, spec.id().value())
            .ask(message, PATIENCE)
            .toCompletableFuture();
    try {
      wait(CompletableFuture.anyOf(answer, stopped().toCompletableFuture()), what);
    } catch (IllegalStateException e) {
      checkReadable();
      throw e;
    }
    checkReadable();
    return wait(answer, what);
  }

  private static <T> T wait(CompletionStage<T> stage, String what) {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toSeconds() + 5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + what, e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          what
              + ": no answer: "
              + e.getMessage()
              + "\nMaybe the log in the run's folder says more.",
          e);
    }
  }
}

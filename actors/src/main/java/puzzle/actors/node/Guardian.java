package puzzle.actors.node;

import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.SingletonActor;
import puzzle.actors.edge.Commands;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.feed.FeedActor;
import puzzle.actors.feed.FeedSettings;
import puzzle.actors.feed.Inbound;
import puzzle.actors.feed.RunFeed;
import puzzle.actors.gkd.GkdActor;
import puzzle.actors.gpu.DeviceThread;
import puzzle.actors.gpu.GpuActor;
import puzzle.actors.gpu.GpuPoolActor;
import puzzle.actors.kafka.KafkaEdge;
import puzzle.actors.layer.LayerActor;
import puzzle.actors.run.RunActor;
import puzzle.actors.solver.SolverActor;
import puzzle.actors.work.Peers;
import puzzle.cluster.KafkaSettings;
import puzzle.cluster.NodeRole;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.RunId;
import puzzle.protocol.Edge;
import puzzle.protocol.Feed;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Solver;

/**
 * The root of one JVM: starts what the node's roles ask for. Afterwards it lets onlookers in, hands
 * out what the edge works with, and retires the devices of a node that leaves.
 */
final class Guardian extends AbstractBehavior<Guardian.Command> {

  /** What the root is told; never leaves the JVM. */
  sealed interface Command {}

  /** Answered once everything the roles ask for is started. */
  record AwaitStart(ActorRef<Done> replyTo) implements Command {}

  /**
   * What the feed is given.
   *
   * @param lags told how old each fact was when it was read
   */
  record FeedParts(FeedSettings settings, Consumer<Duration> lags) {}

  /** Lets an onlooker hear what happens. */
  record Watch(ActorRef<Feed.Fact> onlooker) implements Command {}

  /** Asks for what the edge works with. */
  record GetEdge(ActorRef<EdgeParts> replyTo) implements Command {}

  /** Lets every device finish or give back what it runs, and answers when all have. */
  record Retire(Duration grace, ActorRef<Done> replyTo) implements Command {}

  private record DeviceRetired(Device device) implements Command {}

  private final ActorRef<Feed.Command> feed;
  private final Map<String, ActorRef<Gpu.Command>> devices = new TreeMap<>();
  private ActorRef<Done> retirement;
  private final Peers peers;
  private final ClusterSharding sharding;
  private final Tools tools;

  static Behavior<Command> create(
      PuzzleSettings settings, Tools tools, FeedParts parts, BooleanSupplier replaced) {
    return Behaviors.setup(context -> new Guardian(context, settings, tools, parts, replaced));
  }

  private Guardian(
      ActorContext<Command> context,
      PuzzleSettings settings,
      Tools tools,
      FeedParts parts,
      BooleanSupplier replaced) {
    super(context);
    this.tools = tools;
    LongSupplier nanos = System::nanoTime;
    Clock clock = Clock.systemUTC();
    this.sharding = ClusterSharding.get(context.getSystem());
    ActorRef<Topic.Command<Feed.Fact>> topic =
        context.spawn(Topic.create(Feed.Fact.class, "facts"), "facts");
    ActorRef<GpuPool.Command> pool =
        ClusterSingleton.get(context.getSystem())
            .init(
                SingletonActor.of(GpuPoolActor.create(settings.gpu(), nanos), "gpu-pool")
                    .withSettings(
                        ClusterSingletonSettings.create(context.getSystem())
                            .withRole(NodeRole.COORDINATOR.label())));
    this.peers = new ShardedPeers(context.getSystem(), replaced, sharding, pool, topic);
    String coordinator = NodeRole.COORDINATOR.label();
    sharding.init(
        Entity.of(
                ShardedPeers.RUN,
                e ->
                    RunActor.create(
                        e.getEntityId(),
                        settings,
                        peers,
                        nanos,
                        clock,
                        self -> e.getShard().tell(new ClusterSharding.Passivate<>(self))))
            .withRole(coordinator)
            .withSettings(
                ClusterShardingSettings.create(context.getSystem())
                    .withRememberEntities(
                        context
                            .getSystem()
                            .settings()
                            .config()
                            .getBoolean("puzzle.run.remember"))));
    sharding.init(
        Entity.of(
                ShardedPeers.LAYER, e -> LayerActor.create(e.getEntityId(), settings, peers, nanos))
            .withRole(coordinator));
    sharding.init(
        Entity.of(ShardedPeers.GKD, e -> GkdActor.create(e.getEntityId(), settings, peers, nanos))
            .withRole(coordinator));
    sharding.init(
        Entity.of(
                ShardedPeers.SOLVER,
                e -> {
                  Behavior<Solver.Command> solver =
                      SolverActor.create(
                          new RunId(e.getEntityId()), settings, peers, tools.solvers());
                  return tools.simulation() == null ? solver : tools.simulation().watched(solver);
                })
            .withRole(NodeRole.SOLVER.label()));
    if (settings.roles().contains(NodeRole.GPU)) {
      startDevices(settings, tools, peers, nanos);
    }
    this.feed =
        context.spawn(FeedActor.create(topic, parts.settings(), clock, parts.lags()), "feed");
    ActorRef<Edge.GetRuns> index = index();
    if (settings.roles().contains(NodeRole.EDGE)) {
      context.spawn(EdgeActor.create(peers, feed, index, nanos), EdgeActor.NAME);
      KafkaSettings.from(context.getSystem().settings().config())
          .ifPresent(
              kafka ->
                  KafkaEdge.start(
                      context.getSystem(),
                      kafka,
                      new Commands(
                          edgeParts(),
                          context
                              .getSystem()
                              .dispatchers()
                              .lookup(DispatcherSelector.fromConfig("puzzle.edge-dispatcher")))));
    }
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(AwaitStart.class, this::onAwaitStart)
        .onMessage(Watch.class, this::onWatch)
        .onMessage(Retire.class, this::onRetire)
        .onMessage(DeviceRetired.class, this::onDeviceRetired)
        .onMessage(GetEdge.class, this::onGetEdge)
        .build();
  }

  private Behavior<Command> onAwaitStart(AwaitStart await) {
    await.replyTo().tell(Done.getInstance());
    return this;
  }

  private Behavior<Command> onWatch(Watch watch) {
    feed.tell(new Feed.Subscribe(watch.onlooker()));
    return this;
  }

  private Behavior<Command> onGetEdge(GetEdge get) {
    get.replyTo().tell(edgeParts());
    return this;
  }

  private EdgeParts edgeParts() {
    return new EdgeParts(
        new RunFeed(getContext().getSystem(), feed),
        new Inbound(
            getContext().getSystem(),
            run -> sharding.entityRefFor(ShardedPeers.RUN, run),
            (run, layer) -> sharding.entityRefFor(ShardedPeers.LAYER, Layer.entityId(run, layer))),
        peers,
        parent -> tools.engines().shape(parent));
  }

  private Behavior<Command> onRetire(Retire retire) {
    retirement = retire.replyTo();
    ActorRef<Gpu.Retired> answers =
        getContext().messageAdapter(Gpu.Retired.class, r -> new DeviceRetired(r.device()));
    devices.values().forEach(d -> d.tell(new Gpu.Retire(retire.grace(), answers)));
    return tellIfRetired();
  }

  private Behavior<Command> onDeviceRetired(DeviceRetired retired) {
    devices.remove(retired.device().name());
    return tellIfRetired();
  }

  private Behavior<Command> tellIfRetired() {
    if (devices.isEmpty()) {
      retirement.tell(Done.getInstance());
    }
    return this;
  }

  private ActorRef<Edge.GetRuns> index() {
    String query = getContext().getSystem().settings().config().getString("puzzle.read-journal");
    return ClusterSingleton.get(getContext().getSystem())
        .init(
            SingletonActor.of(RunIndexActor.create(query), "run-index")
                .withSettings(
                    ClusterSingletonSettings.create(getContext().getSystem())
                        .withRole(NodeRole.COORDINATOR.label())));
  }

  private void startDevices(PuzzleSettings settings, Tools tools, Peers peers, LongSupplier nanos) {
    // Named by the port that was asked for, so that a node on a port of chance keeps its names.
    int port =
        getContext().getSystem().settings().config().getInt("pekko.remote.artery.canonical.port");
    String host =
        Cluster.get(getContext().getSystem()).selfMember().address().getHost().orElse("local");
    if (tools.simulation() == null) {
      tools.engines().expect(settings.gpu().devices());
    }
    for (int i = 0; i < settings.gpu().devices(); i++) {
      Device device =
          tools.simulation() == null
              ? new Device(host, settings.gpu().kind(), i, port)
              : tools.simulation().named(i);
      String name = settings.gpu().kind() + "-" + i;
      ActorRef<DeviceThread.Job> thread =
          tools.simulation() != null
              ? getContext().spawn(tools.simulation().device(device), name + "-thread")
              : getContext()
                  .spawn(
                      DeviceThread.create(() -> tools.engines().open(device), settings.gpu()),
                      name + "-thread",
                      DispatcherSelector.fromConfig("puzzle.gpu-dispatcher"));
      devices.put(
          device.name(),
          getContext().spawn(GpuActor.create(device, thread, settings.gpu(), peers, nanos), name));
    }
  }
}

package puzzle.actors.node;

import java.time.Clock;
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
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.SingletonActor;
import puzzle.actors.block.BlockActor;
import puzzle.actors.distill.DistillActor;
import puzzle.actors.feed.FeedActor;
import puzzle.actors.gpu.DeviceThread;
import puzzle.actors.gpu.GpuActor;
import puzzle.actors.gpu.GpuPoolActor;
import puzzle.actors.run.RunActor;
import puzzle.actors.solver.SolverActor;
import puzzle.actors.work.Peers;
import puzzle.cluster.NodeRole;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Solver;

/**
 * The root of one JVM: starts what the node's roles ask for. Does nothing afterwards but to let
 * onlookers in.
 */
final class Guardian extends AbstractBehavior<Guardian.Command> {

  /** What the root is told; never leaves the JVM. */
  sealed interface Command {}

  /** Answered once everything the roles ask for is started. */
  record AwaitStart(ActorRef<Done> replyTo) implements Command {}

  /** Lets an onlooker hear what happens. */
  record Watch(ActorRef<Feed.Fact> onlooker) implements Command {}

  private final ActorRef<Feed.Command> feed;

  static Behavior<Command> create(PuzzleSettings settings, Tools tools) {
    return Behaviors.setup(context -> new Guardian(context, settings, tools));
  }

  private Guardian(ActorContext<Command> context, PuzzleSettings settings, Tools tools) {
    super(context);
    LongSupplier nanos = System::nanoTime;
    ClusterSharding sharding = ClusterSharding.get(context.getSystem());
    ActorRef<Topic.Command<Feed.Fact>> topic =
        context.spawn(Topic.create(Feed.Fact.class, "facts"), "facts");
    ActorRef<GpuPool.Command> pool =
        ClusterSingleton.get(context.getSystem())
            .init(
                SingletonActor.of(GpuPoolActor.create(settings.gpu(), nanos), "gpu-pool")
                    .withSettings(
                        ClusterSingletonSettings.create(context.getSystem())
                            .withRole(NodeRole.COORDINATOR.label())));
    Peers peers = new ShardedPeers(sharding, pool, topic);
    String coordinator = NodeRole.COORDINATOR.label();
    sharding.init(
        Entity.of(
                ShardedPeers.RUN,
                e -> RunActor.create(e.getEntityId(), settings, peers, nanos, Clock.systemUTC()))
            .withRole(coordinator));
    sharding.init(
        Entity.of(
                ShardedPeers.BLOCK, e -> BlockActor.create(e.getEntityId(), settings, peers, nanos))
            .withRole(coordinator));
    sharding.init(
        Entity.of(
                ShardedPeers.DISTILL,
                e -> DistillActor.create(e.getEntityId(), settings, peers, nanos))
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
    this.feed = context.spawn(FeedActor.create(topic), "feed");
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(AwaitStart.class, this::onAwaitStart)
        .onMessage(Watch.class, this::onWatch)
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

  private void startDevices(PuzzleSettings settings, Tools tools, Peers peers, LongSupplier nanos) {
    String host =
        Cluster.get(getContext().getSystem()).selfMember().address().getHost().orElse("local");
    for (int i = 0; i < settings.gpu().devices(); i++) {
      Device device =
          tools.simulation() == null
              ? new Device(host, settings.gpu().kind(), i)
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
      getContext().spawn(GpuActor.create(device, thread, settings.gpu(), peers, nanos), name);
    }
  }
}

package puzzle.actors.node;

import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import puzzle.actors.work.Peers;
import puzzle.actors.work.Unreadable;
import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.Gkd;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/** The other actors through sharding, the pool's singleton and the topic of facts. */
final class ShardedPeers implements Peers {

  static final EntityTypeKey<Run.Command> RUN = EntityTypeKey.create(Run.Command.class, "Run");
  static final EntityTypeKey<Layer.Command> LAYER =
      EntityTypeKey.create(Layer.Command.class, "Layer");
  static final EntityTypeKey<Solver.Command> SOLVER =
      EntityTypeKey.create(Solver.Command.class, "Solver");
  static final EntityTypeKey<Gkd.Command> GKD = EntityTypeKey.create(Gkd.Command.class, "Gkd");

  private final ActorSystem<?> system;
  private final BooleanSupplier replaced;
  private final ClusterSharding sharding;
  private final ActorRef<GpuPool.Command> pool;
  private final ActorRef<Topic.Command<Feed.Fact>> topic;

  ShardedPeers(
      ActorSystem<?> system,
      BooleanSupplier replaced,
      ClusterSharding sharding,
      ActorRef<GpuPool.Command> pool,
      ActorRef<Topic.Command<Feed.Fact>> topic) {
    this.system = system;
    this.replaced = replaced;
    this.sharding = sharding;
    this.pool = pool;
    this.topic = topic;
  }

  @Override
  public void pool(GpuPool.Command command) {
    pool.tell(command);
  }

  @Override
  public void run(RunId run, Run.Command command) {
    sharding.entityRefFor(RUN, run.value()).tell(command);
  }

  @Override
  public void layer(RunId run, int layer, Layer.Command command) {
    sharding.entityRefFor(LAYER, Layer.entityId(run.value(), layer)).tell(command);
  }

  @Override
  public void solver(RunId run, Solver.Command command) {
    sharding.entityRefFor(SOLVER, run.value()).tell(command);
  }

  @Override
  public void gkd(RunId run, Gkd.Command command) {
    sharding.entityRefFor(GKD, run.value()).tell(command);
  }

  @Override
  public void owner(Work.Owner owner, Work.Report report) {
    switch (owner.kind()) {
      case RUN -> sharding.entityRefFor(RUN, owner.entityId()).tell(new Run.Reported(report));
      case LAYER -> sharding.entityRefFor(LAYER, owner.entityId()).tell(new Layer.Reported(report));
      case GKD -> sharding.entityRefFor(GKD, owner.entityId()).tell(new Gkd.Reported(report));
    }
  }

  @Override
  public void stop(Unreadable reason) {
    system.log().error(reason.message());
    CoordinatedShutdown.get(Adapter.toClassic(system)).run(reason);
  }

  @Override
  public boolean replaced() {
    return replaced.getAsBoolean();
  }

  @Override
  public void announce(Feed.Fact fact) {
    topic.tell(Topic.publish(fact));
  }
}

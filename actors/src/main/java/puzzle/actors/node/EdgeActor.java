package puzzle.actors.node;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import puzzle.actors.work.Peers;
import puzzle.model.RunId;
import puzzle.protocol.Edge;
import puzzle.protocol.Feed;

/**
 * Passes on what programs outside the cluster say, and what they want to hear. Keeps nothing but
 * who listens; those who do not say so again for a while are forgotten, since the death of a
 * process outside the cluster is not seen.
 */
public final class EdgeActor extends AbstractBehavior<Edge.Command> {

  /** Where it is found under the root of its node. */
  public static final String NAME = "edge";

  /** Onlookers say every so often that they still listen. */
  static final Duration REPEAT = Duration.ofSeconds(5);

  private static final Duration FORGET = REPEAT.multipliedBy(4);

  private record Heard(Feed.Fact fact) implements Edge.Internal {}

  private enum Tick implements Edge.Internal {
    INSTANCE
  }

  private final Peers peers;
  private final ActorRef<Edge.GetRuns> index;
  private final LongSupplier nanos;
  private final Map<RunId, Map<ActorRef<Feed.Fact>, Long>> onlookers = new HashMap<>();

  static Behavior<Edge.Command> create(
      Peers peers, ActorRef<Feed.Command> feed, ActorRef<Edge.GetRuns> index, LongSupplier nanos) {
    return Behaviors.withTimers(
        timers -> {
          timers.startTimerWithFixedDelay(Tick.INSTANCE, REPEAT);
          return Behaviors.setup(
              context -> {
                feed.tell(new Feed.Subscribe(context.messageAdapter(Feed.Fact.class, Heard::new)));
                return new EdgeActor(context, peers, index, nanos);
              });
        });
  }

  private EdgeActor(
      ActorContext<Edge.Command> context,
      Peers peers,
      ActorRef<Edge.GetRuns> index,
      LongSupplier nanos) {
    super(context);
    this.peers = peers;
    this.index = index;
    this.nanos = nanos;
  }

  @Override
  public Receive<Edge.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Edge.ToRun.class, this::onToRun)
        .onMessage(Edge.GetRuns.class, this::onGetRuns)
        .onMessage(Edge.GetNodes.class, this::onGetNodes)
        .onMessage(Edge.Watch.class, this::onWatch)
        .onMessage(Heard.class, this::onHeard)
        .onMessage(Tick.class, this::onTick)
        .build();
  }

  private Behavior<Edge.Command> onToRun(Edge.ToRun to) {
    peers.run(to.run(), to.order());
    return this;
  }

  private Behavior<Edge.Command> onGetRuns(Edge.GetRuns get) {
    index.tell(get);
    return this;
  }

  private Behavior<Edge.Command> onGetNodes(Edge.GetNodes get) {
    var state = Cluster.get(getContext().getSystem()).state();
    Set<Member> unreachable = new HashSet<>(state.getUnreachable());
    List<Edge.Node> nodes = new ArrayList<>();
    for (Member m : state.getMembers()) {
      nodes.add(
          new Edge.Node(
              m.address().getHost().orElse("local") + ":" + m.address().getPort().orElse(0),
              m.getRoles().stream().filter(r -> !r.startsWith("dc-")).sorted().toList(),
              m.status().toString().toLowerCase(Locale.ROOT),
              !unreachable.contains(m)));
    }
    get.replyTo().tell(new Edge.Nodes(nodes));
    return this;
  }

  private Behavior<Edge.Command> onWatch(Edge.Watch watch) {
    onlookers
        .computeIfAbsent(watch.run(), r -> new HashMap<>())
        .put(watch.onlooker(), nanos.getAsLong());
    return this;
  }

  private Behavior<Edge.Command> onHeard(Heard heard) {
    onlookers
        .getOrDefault(heard.fact().run(), Map.of())
        .keySet()
        .forEach(onlooker -> onlooker.tell(heard.fact()));
    return this;
  }

  private Behavior<Edge.Command> onTick(Tick tick) {
    long now = nanos.getAsLong();
    onlookers.values().forEach(m -> m.values().removeIf(at -> now - at > FORGET.toNanos()));
    onlookers.values().removeIf(Map::isEmpty);
    return this;
  }
}

package puzzle.actors.feed;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.pubsub.Topic;
import puzzle.protocol.Feed;

/**
 * Tells one node's onlookers what is published anywhere in the cluster, and keeps one tail of the
 * journal for each run that somebody on this node looks at. Keeps nothing else; when it dies,
 * onlookers subscribe again.
 */
public final class FeedActor extends AbstractBehavior<Feed.Command> {

  /** Asks to follow a run; answered with {@link TailActor.Followed}. Never leaves the node. */
  record Follow(String run, ActorRef<TailActor.Followed> replyTo) implements Feed.Internal {}

  private record Gone(ActorRef<Feed.Fact> subscriber) implements Feed.Internal {}

  /** Nobody needs the tail: there is no such run, or no reader. */
  record Idle(String run, ActorRef<TailActor.Command> tail) implements Feed.Internal {}

  private record TailStopped(String run, ActorRef<TailActor.Command> tail)
      implements Feed.Internal {}

  private final Set<ActorRef<Feed.Fact>> subscribers = new LinkedHashSet<>();
  private final Map<String, ActorRef<TailActor.Command>> tails = new HashMap<>();
  private final FeedSettings settings;
  private final Clock clock;
  private final Consumer<Duration> lags;
  private JournalReader journal;
  private int started;

  /**
   * @param topic where all nodes publish
   * @param lags told how long each fact took from being written to being read here
   */
  public static Behavior<Feed.Command> create(
      ActorRef<Topic.Command<Feed.Fact>> topic,
      FeedSettings settings,
      Clock clock,
      Consumer<Duration> lags) {
    return Behaviors.setup(
        context -> {
          topic.tell(Topic.subscribe(context.messageAdapter(Feed.Fact.class, Feed.Publish::new)));
          return new FeedActor(context, settings, clock, lags);
        });
  }

  private FeedActor(
      ActorContext<Feed.Command> context,
      FeedSettings settings,
      Clock clock,
      Consumer<Duration> lags) {
    super(context);
    this.settings = settings;
    this.clock = clock;
    this.lags = lags;
  }

  @Override
  public Receive<Feed.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Feed.Publish.class, this::onPublish)
        .onMessage(Feed.Subscribe.class, this::onSubscribe)
        .onMessage(Feed.Unsubscribe.class, this::onUnsubscribe)
        .onMessage(Follow.class, this::onFollow)
        .onMessage(Gone.class, this::onGone)
        .onMessage(Idle.class, this::onIdle)
        .onMessage(TailStopped.class, this::onTailStopped)
        .build();
  }

  private Behavior<Feed.Command> onPublish(Feed.Publish publish) {
    subscribers.forEach(s -> s.tell(publish.fact()));
    ActorRef<TailActor.Command> tail = tails.get(publish.fact().run().value());
    if (tail != null) {
      tail.tell(new TailActor.Live(publish.fact()));
    }
    return this;
  }

  private Behavior<Feed.Command> onSubscribe(Feed.Subscribe subscribe) {
    if (subscribers.add(subscribe.subscriber())) {
      getContext().watchWith(subscribe.subscriber(), new Gone(subscribe.subscriber()));
    }
    return this;
  }

  private Behavior<Feed.Command> onUnsubscribe(Feed.Unsubscribe unsubscribe) {
    if (subscribers.remove(unsubscribe.subscriber())) {
      getContext().unwatch(unsubscribe.subscriber());
    }
    return this;
  }

  private Behavior<Feed.Command> onFollow(Follow follow) {
    if (journal == null) {
      journal = JournalReader.of(getContext().getSystem());
    }
    tails
        .computeIfAbsent(
            follow.run(),
            run -> {
              ActorRef<TailActor.Command> tail =
                  getContext()
                      .spawn(
                          TailActor.create(
                              run, journal, settings, clock, lags, getContext().getSelf()),
                          "tail-" + started++);
              getContext().watchWith(tail, new TailStopped(run, tail));
              return tail;
            })
        .tell(new TailActor.Get(follow.replyTo()));
    return this;
  }

  private Behavior<Feed.Command> onGone(Gone gone) {
    subscribers.remove(gone.subscriber());
    return this;
  }

  /** What was sent to the tail before this is answered before it stops. */
  private Behavior<Feed.Command> onIdle(Idle idle) {
    if (tails.remove(idle.run(), idle.tail())) {
      idle.tail().tell(TailActor.Signal.STOP);
    }
    return this;
  }

  private Behavior<Feed.Command> onTailStopped(TailStopped stopped) {
    tails.remove(stopped.run(), stopped.tail());
    return this;
  }
}

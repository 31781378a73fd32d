package puzzle.actors.feed;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.pubsub.Topic;
import puzzle.protocol.Feed;

/**
 * Tells one node's onlookers what is published anywhere in the cluster. Keeps nothing; when it
 * dies, onlookers subscribe again.
 */
public final class FeedActor extends AbstractBehavior<Feed.Command> {

  private record Gone(ActorRef<Feed.Fact> subscriber) implements Feed.Internal {}

  private final Set<ActorRef<Feed.Fact>> subscribers = new LinkedHashSet<>();

  /**
   * @param topic where all nodes publish
   */
  public static Behavior<Feed.Command> create(ActorRef<Topic.Command<Feed.Fact>> topic) {
    return Behaviors.setup(
        context -> {
          topic.tell(Topic.subscribe(context.messageAdapter(Feed.Fact.class, Feed.Publish::new)));
          return new FeedActor(context);
        });
  }

  private FeedActor(ActorContext<Feed.Command> context) {
    super(context);
  }

  @Override
  public Receive<Feed.Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Feed.Publish.class, this::onPublish)
        .onMessage(Feed.Subscribe.class, this::onSubscribe)
        .onMessage(Feed.Unsubscribe.class, this::onUnsubscribe)
        .onMessage(Gone.class, this::onGone)
        .build();
  }

  private Behavior<Feed.Command> onPublish(Feed.Publish publish) {
    subscribers.forEach(s -> s.tell(publish.fact()));
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

  private Behavior<Feed.Command> onGone(Gone gone) {
    subscribers.remove(gone.subscriber());
    return this;
  }
}

package puzzle.actors.node;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import puzzle.protocol.Feed;

/** Makes actors of functions that are to be called with facts. */
final class Onlookers {

  private final ActorSystem<?> system;
  private final AtomicInteger count = new AtomicInteger();

  Onlookers(ActorSystem<?> system) {
    this.system = system;
  }

  /** Calls the onlooker on an actor's thread, with one fact after the other. */
  ActorRef<Feed.Fact> of(Consumer<Feed.Fact> onlooker) {
    Behavior<Feed.Fact> behavior =
        Behaviors.receive(Feed.Fact.class)
            .onAnyMessage(
                fact -> {
                  onlooker.accept(fact);
                  return Behaviors.same();
                })
            .build();
    return system.systemActorOf(behavior, "onlooker-" + count.incrementAndGet(), Props.empty());
  }
}

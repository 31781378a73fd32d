package puzzle.actors.feed;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import puzzle.protocol.Feed;

/**
 * What a node's edge can read of runs: which there are, one as it is now, and how it continues from
 * any position without a gap and without anything twice.
 */
public final class RunFeed {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ActorSystem<?> system;
  private final ActorRef<Feed.Command> feed;
  private final JournalReader journal;

  public RunFeed(ActorSystem<?> system, ActorRef<Feed.Command> feed) {
    this.system = system;
    this.feed = feed;
    this.journal = JournalReader.of(system);
  }

  /** Names of all runs on record, sorted. */
  public CompletionStage<List<String>> runs() {
    return journal.runs().thenApply(all -> all.stream().distinct().sorted().toList());
  }

  /** A run as it is now; empty if there is none of that name. */
  public CompletionStage<Optional<FollowedRun>> follow(String run) {
    return AskPattern.<Feed.Command, TailActor.Followed>ask(
            feed, replyTo -> new FeedActor.Follow(run, replyTo), PATIENCE, system.scheduler())
        .thenApply(TailActor.Followed::following);
  }

  /**
   * The run's facts after a position as server-sent events, then as they come, with the newest of
   * what is not on record in between. Fails with {@link FactWindow.LaggedException} where the
   * reader is too slow.
   */
  public Source<ByteString, NotUsed> events(String run, FactWindow window, Position after) {
    Source<ByteString, NotUsed> live =
        Source.unfoldAsync(0L, window::liveAfter).mapMaterializedValue(x -> NotUsed.getInstance());
    return facts(run, window, after).merge(live, true);
  }

  private Source<ByteString, NotUsed> facts(String run, FactWindow window, Position after) {
    Optional<Long> index = window.indexAfter(after);
    if (index.isPresent()) {
      return from(window, index.get());
    }
    // Older than the window: out of the journal up to where the window begins.
    Pair<Long, Position> begin = window.begin();
    return journal
        .past(run, after)
        .takeWhile(fact -> fact.position().compareTo(begin.second()) < 0)
        .map(JournalFact::frame)
        .concat(from(window, begin.first()));
  }

  private static Source<ByteString, NotUsed> from(FactWindow window, long index) {
    return Source.unfoldAsync(index, window::from)
        .map(frames -> frames.stream().reduce(ByteString.emptyByteString(), ByteString::concat))
        .mapMaterializedValue(x -> NotUsed.getInstance());
  }
}

package puzzle.actors.node;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.stream.javadsl.Sink;
import puzzle.model.RunId;
import puzzle.protocol.Edge;

/**
 * Says which runs are on record. The journal itself is the list: nothing is kept that could
 * disagree with it. A cluster singleton where coordinators are, since only they read the journal.
 */
final class RunIndexActor {

  private static final String PREFIX = "Run" + PersistenceId.DefaultSeparator();

  /** So many are shown; a list of more is of no use to people. */
  private static final int MOST = 10_000;

  private RunIndexActor() {}

  /**
   * @param query name of the journal's read side
   */
  static Behavior<Edge.GetRuns> create(String query) {
    return Behaviors.setup(
        context ->
            Behaviors.receive(Edge.GetRuns.class)
                .onMessage(Edge.GetRuns.class, get -> onGetRuns(context, query, get))
                .build());
  }

  private static Behavior<Edge.GetRuns> onGetRuns(
      ActorContext<Edge.GetRuns> context, String query, Edge.GetRuns get) {
    runs(context, query)
        .whenComplete(
            (runs, failure) ->
                get.replyTo()
                    .tell(
                        failure == null
                            ? new Edge.Runs(runs, null)
                            : new Edge.Runs(List.of(), "the journal: " + failure.getMessage())));
    return Behaviors.same();
  }

  private static CompletionStage<List<RunId>> runs(
      ActorContext<Edge.GetRuns> context, String query) {
    return PersistenceQuery.get(Adapter.toClassic(context.getSystem()))
        .getReadJournalFor(CurrentPersistenceIdsQuery.class, query)
        .currentPersistenceIds()
        .filter(id -> id.startsWith(PREFIX))
        .take(MOST)
        .map(id -> id.substring(PREFIX.length()))
        .runWith(Sink.seq(), context.getSystem())
        .thenApply(
            ids -> {
              List<String> sorted = new ArrayList<>(ids);
              Collections.sort(sorted);
              return sorted.stream().map(RunId::new).toList();
            });
  }
}

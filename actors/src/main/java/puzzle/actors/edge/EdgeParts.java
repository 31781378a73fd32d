package puzzle.actors.edge;

import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import puzzle.actors.feed.FollowedRun;
import puzzle.actors.feed.Inbound;
import puzzle.actors.feed.RunFeed;
import puzzle.actors.work.Peers;
import puzzle.engine.EngineFactory.ParentShape;

/**
 * What the edge works with: what goes out, what comes in, and the other actors.
 *
 * @param shapes reads what a run file's defaults depend on from a parent's folder
 */
public record EdgeParts(
    RunFeed feed, Inbound inbound, Peers peers, Function<Path, ParentShape> shapes) {

  /** The run as it is now; fails with a {@link Refusal} of status 404 if there is none. */
  public CompletionStage<FollowedRun> following(String run) {
    return feed.follow(run)
        .thenApply(
            found ->
                found.orElseThrow(
                    () ->
                        Refusal.of(
                            404, "there is no run '" + run + "'", "Maybe see /api/v1/runs.")));
  }
}

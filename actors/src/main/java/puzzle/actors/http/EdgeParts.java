package puzzle.actors.http;

import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.RecipientRef;
import puzzle.actors.feed.RunFeed;
import puzzle.actors.work.Peers;
import puzzle.protocol.Block;
import puzzle.protocol.Run;

/**
 * What the edge works with.
 *
 * @param runs the entity of a run, by its id
 * @param blocks the entity of a layer, by run and layer
 */
public record EdgeParts(
    RunFeed feed,
    Function<String, RecipientRef<Run.Command>> runs,
    BiFunction<String, Integer, RecipientRef<Block.Command>> blocks,
    Peers peers) {}

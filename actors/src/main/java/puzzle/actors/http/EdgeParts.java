package puzzle.actors.http;

import java.nio.file.Path;
import java.util.function.Function;
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
    RunFeed feed, Inbound inbound, Peers peers, Function<Path, ParentShape> shapes) {}

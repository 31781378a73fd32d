package puzzle.actors.http;

import puzzle.actors.feed.Inbound;
import puzzle.actors.feed.RunFeed;
import puzzle.actors.work.Peers;

/** What the edge works with: what goes out, what comes in, and the other actors. */
public record EdgeParts(RunFeed feed, Inbound inbound, Peers peers) {}

package puzzle.actors.feed;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * A run as it is now, and where to hear how it continues.
 *
 * @param window continues the snapshot after its position
 * @param live phase, running tasks, members, the journal's health: on record nowhere
 */
public record FollowedRun(RunSnapshot snapshot, FactWindow window, JsonNode live) {}

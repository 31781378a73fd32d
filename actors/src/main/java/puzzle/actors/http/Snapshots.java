package puzzle.actors.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.FollowedRun;
import puzzle.actors.feed.RunSnapshot;
import puzzle.actors.feed.TaskLine;
import puzzle.actors.run.Summary;
import puzzle.persistence.RunState;

/**
 * One run as a JSON document: what is in the journal, the live state, and the position to follow
 * from.
 */
final class Snapshots {

  private Snapshots() {}

  static byte[] bytes(FollowedRun following) {
    RunSnapshot snapshot = following.snapshot();
    RunState state = snapshot.state();
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    json.put("run", state.spec().id().value());
    json.put("position", snapshot.position().toString());
    json.put("now", Instant.now().toString());
    json.put("started_at", String.valueOf(state.startedAt()));
    json.put("layers", state.layers());
    json.put("hash", state.hash());
    json.set("spec", FactJson.MAPPER.valueToTree(state.spec()));
    ObjectNode kinds = json.putObject("kinds");
    state.spec().space().variants().forEach(v -> kinds.put(v.name(), v.kind().label()));
    json.set("outcome", FactJson.MAPPER.valueToTree(state.outcome()));
    json.set("infeasible", FactJson.MAPPER.valueToTree(state.infeasible()));
    json.set("chosen", FactJson.MAPPER.valueToTree(state.incumbent()));
    json.set("baselines", FactJson.MAPPER.valueToTree(state.baselines()));
    json.set("summary", FactJson.MAPPER.valueToTree(Summary.of(state)));
    json.set("incumbents", FactJson.MAPPER.valueToTree(snapshot.incumbents()));
    json.set("history", FactJson.MAPPER.valueToTree(snapshot.history()));
    ArrayNode tasks = json.putArray("tasks");
    for (TaskLine task : snapshot.tasks()) {
      tasks.add(FactJson.MAPPER.<ObjectNode>valueToTree(task));
    }
    json.set("live", following.live());
    return FactJson.bytes(json);
  }
}

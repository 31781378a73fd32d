package puzzle.actors.feed;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Locale;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.util.ByteString;
import puzzle.persistence.TaskEvent;

/**
 * One event of the journal on its way out: the only translation there is, whether it leaves by
 * server-sent events or by a message broker.
 *
 * @param position in the run's stream
 * @param persistenceId of the entity that wrote it: {@code Layer|run/3}
 * @param sequence number of the event within that entity, from 1
 * @param event from {@code puzzle.persistence}
 */
public record JournalFact(
    Position position, String persistenceId, long sequence, Instant at, Object event) {

  /** What types of CloudEvents begin with. */
  public static final String TYPE_PREFIX = "io.puzzle4j.";

  static JournalFact of(EventEnvelope envelope) {
    return new JournalFact(
        new Position(envelope.offset()),
        envelope.persistenceId(),
        envelope.sequenceNr(),
        Instant.ofEpochMilli(envelope.timestamp()),
        envelope.event());
  }

  /** Unique among all facts, and the same however often it is read. */
  public String id() {
    return persistenceId + "#" + sequence;
  }

  /** {@code run}, from {@code Layer|run/3}. */
  public String run() {
    String entity = persistenceId.substring(persistenceId.indexOf('|') + 1);
    int slash = entity.indexOf('/');
    return slash < 0 ? entity : entity.substring(0, slash);
  }

  /** The layer whose block wrote it, or -1. */
  public int layer() {
    int slash = persistenceId.indexOf('/');
    return slash < 0 ? -1 : Integer.parseInt(persistenceId.substring(slash + 1));
  }

  /** {@code task-finished}: the event's class in lower case with hyphens. */
  public String type() {
    return event
        .getClass()
        .getSimpleName()
        .replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-")
        .toLowerCase(Locale.ROOT);
  }

  /** The fact as a CloudEvent 1.0 in the JSON format; {@code run} and {@code layer} extend it. */
  public ObjectNode cloudEvent() {
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    json.put("specversion", "1.0");
    json.put("id", id());
    json.put("source", "/runs/" + run());
    json.put("type", TYPE_PREFIX + type());
    if (event instanceof TaskEvent task) {
      json.put("subject", task.key());
    } else if (layer() >= 0) {
      json.put("subject", "layer/" + layer());
    }
    json.put("time", at.toString());
    json.put("datacontenttype", "application/json");
    json.put("run", run());
    if (layer() >= 0) {
      json.put("layer", layer());
    }
    json.set("data", FactJson.MAPPER.valueToTree(event));
    return json;
  }

  /** The fact as a server-sent event, whose id is its position. */
  ByteString frame() {
    return frame(position.toString(), type(), cloudEvent());
  }

  /** For a fact that comes after others of a later position. */
  ByteString frameWithoutPosition() {
    return frame("", type(), cloudEvent());
  }

  /** One server-sent event; JSON written by Jackson has no line breaks. */
  static ByteString frame(String id, String type, JsonNode json) {
    String head = (id.isEmpty() ? "" : "id: " + id + "\n") + "event: " + type + "\ndata: ";
    return ByteString.fromString(head)
        .concat(ByteString.fromArrayUnsafe(FactJson.bytes(json)))
        .concat(ByteString.fromString("\n\n"))
        .compact();
  }
}

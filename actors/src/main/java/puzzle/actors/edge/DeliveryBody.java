package puzzle.actors.edge;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import puzzle.actors.feed.RunSnapshot;
import puzzle.engine.store.Store;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.CostDelivery;
import puzzle.model.Delivery;
import puzzle.model.Score;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

/**
 * Results that another system delivers, in a request's body or in a message: scores of blocks,
 * trained variants, and costs, each with an id that makes it count once.
 */
public final class DeliveryBody {

  /** Of all results in one body. */
  private static final int MOST = 10_000;

  /**
   * One result and where in the body it stands.
   *
   * @param delivery of the layer; null if it is a cost
   * @param cost of the run; null if it is a layer's
   */
  public record Placed(
      String pointer, String id, int layer, Delivery delivery, CostDelivery cost) {}

  private DeliveryBody() {}

  public static Map<Integer, List<Delivery>> byLayer(List<Placed> placed) {
    Map<Integer, List<Delivery>> byLayer = new TreeMap<>();
    for (Placed p : placed) {
      if (p.delivery() != null) {
        byLayer.computeIfAbsent(p.layer(), l -> new ArrayList<>()).add(p.delivery());
      }
    }
    return byLayer;
  }

  public static List<CostDelivery> costs(List<Placed> placed) {
    return placed.stream().map(Placed::cost).filter(Objects::nonNull).toList();
  }

  public static List<Placed> read(JsonNode json, RunSnapshot run) {
    JsonBody body = new JsonBody("", json);
    body.only(Set.of("source", "scores", "variants", "costs"));
    String source = body.text("source");
    if (!source.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw Refusal.at(
          "/source", source, "is not a name", "Maybe letters, digits, '.', '_' and '-'.");
    }
    List<Placed> placed = new ArrayList<>();
    for (JsonBody one : body.list("scores", MOST)) {
      one.only(Set.of("id", "layer", "block", "value", "standard_error"));
      Block block = one.parsed("block", Block::parse);
      int layer = one.whole("layer", 0, run.state().layers() - 1);
      double error = one.has("standard_error") ? one.number("standard_error", 0) : 0;
      Score score = Score.measured(one.number("value", -1e300), error);
      String key = Task.ScoreBlock.key(layer, block, false);
      placed.add(place(one, layer, source, key, new TaskResult.BlockScored(score)));
    }
    for (JsonBody one : body.list("variants", MOST)) {
      one.only(Set.of("id", "layer", "variant", "weights", "loss_before", "loss_after", "steps"));
      Variant variant = one.parsed("variant", Variant::parse);
      int layer = one.whole("layer", 0, run.state().layers() - 1);
      TaskResult result =
          new TaskResult.Trained(
              weights(one.object("weights"), Path.of(run.state().spec().store())),
              one.number("loss_before", 0),
              one.number("loss_after", 0),
              one.has("steps") ? one.whole("steps", 0, Integer.MAX_VALUE) : 0);
      placed.add(place(one, layer, source, Task.Bld.key(layer, variant), result));
    }
    for (JsonBody one : body.list("costs", MOST)) {
      String id = id(one);
      placed.add(new Placed(one.pointer(), id, -1, null, cost(one, id, source, run)));
    }
    if (placed.isEmpty() || placed.size() > MOST) {
      throw Refusal.at(
          "/scores",
          placed.size(),
          "results in one request",
          "Maybe send 1 to " + MOST + " in scores, variants and costs.");
    }
    Set<String> ids = new HashSet<>();
    for (Placed p : placed) {
      if (!ids.add(p.id())) {
        throw Refusal.at(p.pointer() + "/id", p.id(), "stands twice in this request", null);
      }
    }
    return placed;
  }

  private static Placed place(
      JsonBody one, int layer, String source, String key, TaskResult result) {
    String id = id(one);
    return new Placed(one.pointer(), id, layer, new Delivery(id, source, key, result), null);
  }

  /** Times in seconds, sizes in bytes; a size that is left out is the profile's. */
  private static CostDelivery cost(JsonBody one, String id, String source, RunSnapshot run) {
    one.only(
        Set.of(
            "id",
            "workload",
            "variant",
            "prefill_seconds",
            "decode_seconds",
            "weight_bytes",
            "kv_bytes",
            "relative_spread"));
    return new CostDelivery(
        id,
        source,
        one.has("workload")
            ? one.text("workload")
            : run.state().spec().target().goals().get(0).workload().name(),
        one.text("variant"),
        one.number("prefill_seconds", 0),
        one.number("decode_seconds", 0),
        one.has("weight_bytes") ? one.whole("weight_bytes", 0, Long.MAX_VALUE >> 16) : null,
        one.has("kv_bytes") ? one.whole("kv_bytes", 0, Long.MAX_VALUE >> 16) : null,
        one.has("relative_spread") ? one.number("relative_spread", 0) : 0);
  }

  private static String id(JsonBody one) {
    String id = one.text("id");
    if (!id.matches("[\\x21-\\x7e]{1,128}") || id.contains("#")) {
      throw Refusal.at(
          one.pointer() + "/id",
          id,
          "is not an id",
          "Maybe 1 to 128 printable characters, no '#'.");
    }
    return id;
  }

  /** What is chosen must be there and whole, before anything is recorded. */
  private static CheckpointRef weights(JsonBody weights, Path folder) {
    weights.only(Set.of("path", "bytes", "sha256"));
    String path = weights.text("path");
    long bytes = weights.whole("bytes", 0, Long.MAX_VALUE);
    String sha = weights.text("sha256");
    try {
      CheckpointRef ref = new CheckpointRef(path, bytes, sha);
      Store.open(folder).verify(ref);
      return ref;
    } catch (RuntimeException e) {
      throw Refusal.said(400, weights.pointer(), e.getMessage());
    }
  }
}

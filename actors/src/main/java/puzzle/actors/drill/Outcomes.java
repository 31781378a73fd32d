package puzzle.actors.drill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.model.Sha256;

/**
 * What must be the same whatever was killed: the library and the scores to the last digit, the
 * final architecture and its objective, the qualities of parent, child and baselines, the child's
 * weights to the bit.
 */
record Outcomes(Map<String, String> parts) {

  static Outcomes of(Path store) throws IOException {
    Map<String, String> parts = new LinkedHashMap<>();
    for (String file : List.of("library.csv", "scores.csv", "profile.csv")) {
      parts.put(file, Files.readString(store.resolve(file)));
    }
    JsonNode summary = new ObjectMapper().readTree(store.resolve("report.json").toFile());
    for (String model : List.of("solution", "parent", "child_before_gkd", "child")) {
      for (String field :
          List.of(
              "choices",
              "objective",
              "proven",
              "kl_nats_per_token",
              "loss_nats_per_token",
              "params")) {
        parts.put(model + "." + field, summary.path(model).path(field).toString());
      }
    }
    parts.put("baselines", summary.path("baselines").toString());
    parts.put("child's weights", Sha256.of(store.resolve("child/model.safetensors")));
    return new Outcomes(parts);
  }

  /** Names of the parts that differ. */
  List<String> differences(Outcomes other) {
    List<String> names = new ArrayList<>();
    parts.forEach(
        (name, value) -> {
          if (!value.equals(other.parts.get(name))) {
            names.add(name);
          }
        });
    return names;
  }
}

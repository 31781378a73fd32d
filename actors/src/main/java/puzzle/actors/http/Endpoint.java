package puzzle.actors.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import puzzle.actors.edge.Refusal;

/**
 * One method on one path.
 *
 * @param path as in the OpenAPI document, {@code /api/v1/runs/{id}}
 * @param role it needs; null if it is open to all
 */
record Endpoint(String method, String path, Role role, Handler handler) {

  /** Answers a call; may throw or fail with a {@link Refusal}. */
  interface Handler {
    CompletionStage<HttpResponse> handle(Call call) throws Exception;
  }

  /** The values of the placeholders by name, if the path matches. */
  Optional<Map<String, String>> match(List<String> segments) {
    String[] pattern = path.substring(1).split("/", -1);
    if (pattern.length != segments.size()) {
      return Optional.empty();
    }
    Map<String, String> found = new HashMap<>();
    for (int i = 0; i < pattern.length; i++) {
      String p = pattern[i];
      if (p.startsWith("{")) {
        found.put(p.substring(1, p.length() - 1), segments.get(i));
      } else if (!p.equals(segments.get(i))) {
        return Optional.empty();
      }
    }
    return Optional.of(found);
  }
}

package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;

/** The shipped OpenAPI document as a judge of what is really sent and answered. */
final class OpenApiContract {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode api;
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();
  private final Set<String> answered = new ConcurrentSkipListSet<>();

  OpenApiContract() {
    try (InputStream in = getClass().getResourceAsStream("/puzzle/openapi.json")) {
      this.api = JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JsonNode document() {
    return api;
  }

  /** {@code POST /api/v1/runs/{id}/pause}: every operation there is. */
  Set<String> operations() {
    Set<String> all = new TreeSet<>();
    for (Map.Entry<String, JsonNode> path : api.path("paths").properties()) {
      path.getValue()
          .fieldNames()
          .forEachRemaining(
              method -> all.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey()));
    }
    return all;
  }

  /** Operations that were answered with that status, as {@code 200 GET /health}. */
  Set<String> answered() {
    return answered;
  }

  /**
   * Holds one answer against the document: its status is one of those promised, and its body is as
   * the schema says. Does nothing for what the document does not name.
   *
   * @param target path with its query
   */
  void check(String method, String target, int status, String type, String body) {
    String template = template(target.replaceFirst("\\?.*", ""));
    JsonNode operation =
        template == null
            ? api.path("none")
            : api.path("paths").path(template).path(method.toLowerCase(java.util.Locale.ROOT));
    if (operation.isMissingNode()) {
      return;
    }
    String what = status + " " + method + " " + template;
    JsonNode response = operation.path("responses").path(String.valueOf(status));
    if (response.isMissingNode()) {
      throw new AssertionError(what + " is not in the document: " + body);
    }
    answered.add(what);
    JsonNode content = response.path("content");
    String media = type.replaceFirst(";.*", "").strip();
    if (content.isMissingNode()) {
      if (!body.isEmpty()) {
        throw new AssertionError(what + " has a body that is not in the document: " + body);
      }
      return;
    }
    if (!content.has(media)) {
      throw new AssertionError(what + " is '" + media + "', not " + content.fieldNames().next());
    }
    if (media.endsWith("json")) {
      JsonNode schema = content.path(media).path("schema");
      List<Error> errors = schema(what, schema).validate(read(body));
      if (!errors.isEmpty()) {
        throw new AssertionError(what + ": " + errors + ": " + body);
      }
    }
  }

  /** True if a body is what an operation asks for. */
  boolean takes(String method, String template, String body) {
    JsonNode json;
    try {
      json = puzzle.actors.feed.FactJson.MAPPER.readTree(body);
    } catch (IOException e) {
      return false;
    }
    if (json == null || json.isMissingNode()) {
      return false;
    }
    JsonNode schema =
        api.path("paths")
            .path(template)
            .path(method.toLowerCase(java.util.Locale.ROOT))
            .path("requestBody")
            .path("content")
            .path("application/json")
            .path("schema");
    return schema("body of " + method + " " + template, schema).validate(json).isEmpty();
  }

  /** What is wrong with a value that should be one of the named schema. */
  List<Error> validate(String name, JsonNode value) {
    return schema(name, api.at("/components/schemas/" + name)).validate(value);
  }

  private Schema schema(String name, JsonNode schema) {
    return schemas.computeIfAbsent(
        name,
        n -> {
          ObjectNode whole = schema.deepCopy();
          whole.set("components", api.path("components"));
          return registry.getSchema(whole);
        });
  }

  private String template(String path) {
    String[] parts = path.split("/", -1);
    for (Map.Entry<String, JsonNode> candidate : api.path("paths").properties()) {
      String[] pattern = candidate.getKey().split("/", -1);
      boolean fits = pattern.length == parts.length;
      for (int i = 0; fits && i < parts.length; i++) {
        fits = pattern[i].startsWith("{") || pattern[i].equals(parts[i]);
      }
      if (fits) {
        return candidate.getKey();
      }
    }
    return null;
  }

  private static JsonNode read(String body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new AssertionError("no JSON: " + body, e);
    }
  }
}

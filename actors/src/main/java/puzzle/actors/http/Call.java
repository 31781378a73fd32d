package puzzle.actors.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.util.ByteString;
import puzzle.actors.edge.JsonBody;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;

/**
 * One request that got past the gate.
 *
 * @param path what stands for the placeholders of the endpoint's path, by name
 * @param role of the caller; null if the endpoint is open to all
 */
record Call(
    ActorSystem<?> system,
    HttpSettings settings,
    HttpRequest request,
    Map<String, String> path,
    Role role) {

  Optional<String> query(String name) {
    return request.getUri().query().get(name);
  }

  Optional<String> header(String name) {
    return request.getHeader(name).map(HttpHeader::value);
  }

  /** The body as an object with no fields but these. */
  CompletionStage<JsonBody> object(String... known) {
    return json()
        .thenApply(
            json -> {
              JsonBody body = new JsonBody("", json);
              body.only(Set.of(known));
              return body;
            });
  }

  /** The body as JSON. */
  CompletionStage<JsonNode> json() {
    String type = request.entity().getContentType().mediaType().toString();
    if (!type.equals("application/json")) {
      throw Refusal.of(
          415, "the body is '" + type + "'", "Maybe send Content-Type: application/json.");
    }
    return bytes()
        .thenApply(
            body -> {
              try {
                JsonNode json = FactJson.MAPPER.readTree(body.toArrayUnsafe());
                if (json == null || json.isMissingNode()) {
                  throw Refusal.of(400, "the body is empty", "Maybe send a JSON object.");
                }
                return json;
              } catch (JsonProcessingException e) {
                var at = e.getLocation();
                throw Refusal.of(
                    400,
                    "the body is not JSON: line %d, column %d: %s"
                        .formatted(
                            at == null ? 0 : at.getLineNr(),
                            at == null ? 0 : at.getColumnNr(),
                            e.getOriginalMessage()),
                    "Maybe it is cut off.");
              } catch (IOException e) {
                throw Refusal.of(400, "the body cannot be read: " + e.getMessage(), null);
              }
            });
  }

  /** The whole body, within the limit on size and time. */
  CompletionStage<ByteString> bytes() {
    if (request.entity().getContentLengthOption().orElse(0) > settings.maxBody()) {
      throw tooLarge();
    }
    return request
        .entity()
        .withSizeLimit(settings.maxBody())
        .toStrict(settings.bodyPatience().toMillis(), system)
        .thenApply(strict -> strict.getData())
        .exceptionally(
            failure -> {
              Throwable cause = failure.getCause() == null ? failure : failure.getCause();
              if (cause instanceof EntityStreamSizeException) {
                throw tooLarge();
              }
              if (cause instanceof TimeoutException) {
                throw Refusal.of(
                    408,
                    "the body did not arrive in " + settings.bodyPatience().toSeconds() + " s",
                    null);
              }
              throw Refusal.of(400, "the body cannot be read: " + cause.getMessage(), null);
            });
  }

  private Refusal tooLarge() {
    return Refusal.of(
        413, "the body is larger than " + settings.maxBody() + " bytes", "Maybe send it in parts.");
  }
}

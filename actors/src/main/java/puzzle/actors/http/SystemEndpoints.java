package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;

/** Health, metrics, who is calling, and the OpenAPI document. */
final class SystemEndpoints {

  private final Gate gate;
  private final EdgeParts parts;
  private final Meters meters;
  private final byte[] openApi;

  SystemEndpoints(Gate gate, EdgeParts parts, Meters meters) {
    this.gate = gate;
    this.parts = parts;
    this.meters = meters;
    try (InputStream in = SystemEndpoints.class.getResourceAsStream("/puzzle/openapi.json")) {
      this.openApi = in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("no openapi.json", e);
    }
  }

  CompletionStage<HttpResponse> openApi(Call call) {
    return Replies.json(openApi);
  }

  /** The process answers. */
  CompletionStage<HttpResponse> health(Call call) {
    return Replies.json(FactJson.MAPPER.createObjectNode().put("status", "up"));
  }

  /** The node is a member of its cluster and its journal can be read. */
  CompletionStage<HttpResponse> ready(Call call) {
    MemberStatus status = Cluster.get(call.system()).selfMember().status();
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    json.put("member", status.toString().toLowerCase(Locale.ROOT));
    return parts
        .feed()
        .runs()
        .handle(
            (runs, failure) -> {
              boolean up = status.equals(MemberStatus.up());
              json.put("journal", failure == null ? "up" : "down");
              json.put("status", up && failure == null ? "ready" : "not ready");
              return HttpResponse.create()
                  .withStatus(up && failure == null ? 200 : 503)
                  .withEntity(ContentTypes.APPLICATION_JSON, FactJson.bytes(json));
            });
  }

  CompletionStage<HttpResponse> scrape(Call call) {
    return CompletableFuture.completedStage(
        HttpResponse.create()
            .withEntity(
                ContentTypes.create(MediaTypes.TEXT_PLAIN, HttpCharsets.UTF_8),
                meters.scrape().getBytes(StandardCharsets.UTF_8)));
  }

  /** Puts the token where the dashboard's own requests find it and no script can read it. */
  CompletionStage<HttpResponse> login(Call call) {
    return call.json()
        .thenApply(
            json -> {
              JsonNode token = json.path("token");
              if (!token.isTextual() || json.size() != 1) {
                throw Refusal.at(
                    "/token", token, "is not a token", "Maybe send {\"token\": \"...\"}.");
              }
              Role role =
                  gate.role(token.textValue())
                      .orElseThrow(
                          () ->
                              Refusal.of(
                                  401,
                                  "not one of this server's tokens",
                                  "Maybe take the address that the command printed."));
              return cookie(call, token.textValue(), "", role(role));
            });
  }

  CompletionStage<HttpResponse> logout(Call call) {
    return CompletableFuture.completedStage(
        cookie(call, "", "; Max-Age=0", FactJson.MAPPER.createObjectNode().putNull("role")));
  }

  CompletionStage<HttpResponse> me(Call call) {
    return Replies.json(role(call.role()));
  }

  private static ObjectNode role(Role role) {
    return FactJson.MAPPER.createObjectNode().put("role", role.label());
  }

  private HttpResponse cookie(Call call, String value, String more, ObjectNode body) {
    String secure = gate.scheme().equals("https") ? "; Secure" : "";
    return HttpResponse.create()
        .withEntity(ContentTypes.APPLICATION_JSON, FactJson.bytes(body))
        .addHeader(RawHeader.create("Cache-Control", "no-store"))
        .addHeader(
            RawHeader.create(
                "Set-Cookie",
                gate.cookieName(call.request())
                    + "="
                    + value
                    + "; Path=/; HttpOnly; SameSite=Strict"
                    + secure
                    + more));
  }
}

package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;

/** Responses with JSON. */
final class Replies {

  private static final int WORTH_PACKING = 4096;

  private static final ContentType PROBLEM =
      ContentTypes.create(
          MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));

  private Replies() {}

  static CompletionStage<HttpResponse> json(JsonNode json) {
    return json(FactJson.bytes(json));
  }

  static CompletionStage<HttpResponse> json(byte[] json) {
    return CompletableFuture.completedStage(ok(json));
  }

  static HttpResponse ok(byte[] json) {
    return HttpResponse.create()
        .withEntity(ContentTypes.APPLICATION_JSON, json)
        .addHeader(RawHeader.create("Cache-Control", "no-store"));
  }

  /** A problem document (RFC 9457). */
  static HttpResponse problem(Refusal refusal) {
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    json.put("type", "about:blank");
    json.put("title", StatusCodes.get(refusal.status()).reason());
    json.put("status", refusal.status());
    json.put("detail", refusal.getMessage());
    if (refusal.pointer() != null) {
      json.put("pointer", refusal.pointer());
    }
    if (refusal.suggestion() != null) {
      json.put("suggestion", refusal.suggestion());
    }
    return HttpResponse.create()
        .withStatus(refusal.status())
        .withEntity(PROBLEM, FactJson.bytes(json));
  }

  /** Compressed if the caller accepts it and it is worth it. */
  static HttpResponse packed(Call call, byte[] json) {
    boolean understands = call.header("Accept-Encoding").orElse("").contains("gzip");
    if (json.length < WORTH_PACKING || !understands) {
      return ok(json);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length / 4);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ok(out.toByteArray())
        .addHeader(RawHeader.create("Content-Encoding", "gzip"))
        .addHeader(RawHeader.create("Vary", "Accept-Encoding"));
  }
}

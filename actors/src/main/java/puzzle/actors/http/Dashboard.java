package puzzle.actors.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import puzzle.model.Sha256;

/** The dashboard's files, from the class path, as they are. They hold no data and need no token. */
final class Dashboard {

  static final List<String> FILES =
      List.of(
          "index.html",
          "style.css",
          "app.js",
          "model.js",
          "dom.js",
          "grid.js",
          "front.js",
          "strip.js",
          "timeline.js",
          "curves.js",
          "trail.js",
          "status.js",
          "icon.svg");

  private Dashboard() {}

  /** What sends that file, or says that the caller has it already. */
  static Endpoint.Handler file(String file) {
    byte[] bytes;
    try (InputStream in = Dashboard.class.getResourceAsStream("/dashboard/" + file)) {
      if (in == null) {
        throw new IllegalStateException("no dashboard/" + file + " on the class path");
      }
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException("dashboard/" + file, e);
    }
    String tag = tag(bytes);
    ContentType type = type(file);
    return call -> {
      boolean known = call.header("If-None-Match").orElse("").equals(tag);
      HttpResponse response =
          known
              ? HttpResponse.create().withStatus(304)
              : HttpResponse.create().withEntity(HttpEntities.create(type, bytes));
      return CompletableFuture.completedStage(
          response
              .addHeader(RawHeader.create("ETag", tag))
              .addHeader(RawHeader.create("Cache-Control", "no-cache")));
    };
  }

  private static ContentType type(String file) {
    return switch (file.substring(file.lastIndexOf('.') + 1)) {
      case "html" -> ContentTypes.TEXT_HTML_UTF8;
      case "css" -> ContentTypes.create(MediaTypes.TEXT_CSS, HttpCharsets.UTF_8);
      case "js" -> ContentTypes.create(MediaTypes.APPLICATION_JAVASCRIPT, HttpCharsets.UTF_8);
      default -> ContentTypes.create(MediaTypes.IMAGE_SVG_XML);
    };
  }

  private static String tag(byte[] bytes) {
    return "\"" + Sha256.of(bytes).substring(0, 16) + "\"";
  }
}

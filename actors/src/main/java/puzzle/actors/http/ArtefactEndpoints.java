package puzzle.actors.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.StreamConverters;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;
import puzzle.engine.files.StorageException;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.InvalidInputException;

/** Files of a run's store, for workers that do not share its disk. */
final class ArtefactEndpoints {

  /** Uploads go here and nowhere else. */
  private static final String FOLDER = "external/";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final EdgeParts parts;
  private final Executor thread;

  ArtefactEndpoints(EdgeParts parts, Executor thread) {
    this.parts = parts;
    this.thread = thread;
  }

  CompletionStage<HttpResponse> upload(Call call) {
    String path = path(call);
    if (!path.startsWith(FOLDER)) {
      throw Refusal.at("?path", path, "is not under " + FOLDER, "Maybe " + FOLDER + path + ".");
    }
    return parts
        .following(RunEndpoints.run(call))
        .thenApplyAsync(
            f -> {
              Store store = Store.open(Path.of(f.snapshot().state().spec().store()));
              boolean there = Files.exists(resolved(store, path));
              if (there) {
                throw Refusal.of(
                    409, path + " is there already", "Maybe choose a name with its SHA-256.");
              }
              InputStream body =
                  call.request()
                      .entity()
                      .withSizeLimit(call.settings().maxUpload())
                      .getDataBytes()
                      .runWith(StreamConverters.asInputStream(PATIENCE), call.system());
              try (body) {
                CheckpointRef ref = store.put(path, body::transferTo);
                return Replies.ok(FactJson.bytes(ref));
              } catch (StorageException e) {
                throw Refusal.said(507, null, e.getMessage());
              } catch (IOException e) {
                throw Refusal.of(400, "the upload broke off: " + e.getMessage(), null);
              }
            },
            thread);
  }

  CompletionStage<HttpResponse> download(Call call) {
    String path = path(call);
    return parts
        .following(RunEndpoints.run(call))
        .thenApplyAsync(
            f -> {
              Store store = Store.open(Path.of(f.snapshot().state().spec().store()));
              Path file = resolved(store, path);
              if (!Files.isRegularFile(file)) {
                throw Refusal.of(404, "there is no " + path + " in the run's store", null);
              }
              return HttpResponse.create()
                  .withEntity(
                      HttpEntities.create(ContentTypes.APPLICATION_OCTET_STREAM, file, 1 << 16));
            },
            thread);
  }

  /** Artefacts alone: not the journal, not the tokens, nothing hidden. */
  private static Path resolved(Store store, String path) {
    Path file = store.resolve(unchecked(path));
    String top = store.root().relativize(file).getName(0).toString();
    if (top.startsWith(".") || top.startsWith("journal") || top.startsWith("http-tokens")) {
      throw Refusal.at("?path", path, "is not an artefact", null);
    }
    return file;
  }

  private static CheckpointRef unchecked(String path) {
    return new CheckpointRef(path, 0, "0".repeat(64));
  }

  private static String path(Call call) {
    String path = call.query("path").orElse("");
    try {
      if (path.length() > 512 || path.chars().anyMatch(c -> c < 0x20)) {
        throw new IllegalArgumentException("not an artefact's path: '" + path + "'");
      }
      return unchecked(path).path();
    } catch (IllegalArgumentException | InvalidInputException e) {
      throw Refusal.at(
          "?path",
          path,
          "is not a path inside the store",
          "Maybe external/layer-3-kv-4.safetensors.");
    }
  }
}

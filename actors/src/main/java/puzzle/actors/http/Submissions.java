package puzzle.actors.http;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.Inbound;
import puzzle.actors.run.RunFolder;
import puzzle.actors.runfile.RunFile;
import puzzle.model.InvalidInputException;
import puzzle.protocol.Run;

/**
 * Begins runs from run files that lie where this node can read them: parent, corpus and store are
 * folders that all nodes see under the same path. The same file again changes nothing.
 */
final class Submissions {

  private final Inbound inbound;
  private final EdgeParts parts;
  private final Executor worker;

  Submissions(EdgeParts parts, Executor worker) {
    this.inbound = parts.inbound();
    this.parts = parts;
    this.worker = worker;
  }

  List<Endpoint> list() {
    return List.of(new Endpoint("POST", "/api/v1/runs", Role.OPERATOR, this::submit));
  }

  private CompletionStage<HttpResponse> submit(Call call) {
    return call.json()
        .thenCompose(json -> begin(new JsonBody("", json)))
        .thenCompose(
            run ->
                Replies.json(
                    FactJson.MAPPER
                        .createObjectNode()
                        .put("run", run)
                        .put("url", "/api/v1/runs/" + run)));
  }

  /**
   * Begins the run of a body's file, or goes on with it.
   *
   * @return its id, once it is on record; fails with a {@link HttpProblem}
   */
  CompletionStage<String> begin(JsonBody body) {
    body.only(Set.of("file"));
    String file = body.text("file");
    if (!file.startsWith("/") || file.indexOf('\0') >= 0) {
      throw HttpProblem.at("/file", file, "is no absolute path", "Maybe begin it with '/'.");
    }
    return CompletableFuture.supplyAsync(() -> read(file), worker)
        .thenCompose(
            run ->
                inbound
                    .order(
                        run.spec().id().value(),
                        to -> new Run.Start(run.spec(), run.layers(), run.hash(), to))
                    .thenApply(
                        answer -> {
                          if (answer instanceof Run.Refused refused) {
                            throw HttpProblem.said(409, "/file", refused.reason());
                          }
                          RunFolder.put(
                              Path.of(run.spec().store(), "config.resolved.yaml"), run.resolved());
                          return run.spec().id().value();
                        }));
  }

  private RunFile read(String file) {
    try {
      return RunFile.read(Path.of(file), Path.of(""), parts.shapes());
    } catch (InvalidInputException e) {
      throw HttpProblem.said(400, "/file", e.getMessage());
    }
  }
}

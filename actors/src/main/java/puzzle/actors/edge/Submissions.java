package puzzle.actors.edge;

import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import puzzle.actors.feed.Inbound;
import puzzle.actors.run.RunFolder;
import puzzle.actors.runfile.RunFile;
import puzzle.model.InvalidInputException;
import puzzle.protocol.Run;

/**
 * Starts runs from run files that this node can read: parent, corpus and store are folders that all
 * nodes see under the same path. The same file again changes nothing.
 */
public final class Submissions {

  private final Inbound inbound;
  private final EdgeParts parts;
  private final Executor worker;

  public Submissions(EdgeParts parts, Executor worker) {
    this.inbound = parts.inbound();
    this.parts = parts;
    this.worker = worker;
  }

  /**
   * Starts the run of a body's file; a run that was started before continues.
   *
   * @return its id, once it is in the journal; fails with a {@link Refusal}
   */
  public CompletionStage<String> begin(JsonBody body) {
    body.only(Set.of("file"));
    String file = body.text("file");
    if (!file.startsWith("/") || file.indexOf('\0') >= 0) {
      throw Refusal.at("/file", file, "is not an absolute path", "Maybe begin it with '/'.");
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
                            throw Refusal.said(409, "/file", refused.reason());
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
      throw Refusal.said(400, "/file", e.getMessage());
    }
  }
}

package puzzle.actors.http;

import static puzzle.model.InvalidInputException.shown;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.BackpressureTimeoutException;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.edge.JsonBody;
import puzzle.actors.edge.Refusal;
import puzzle.actors.edge.Submissions;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.FactWindow;
import puzzle.actors.feed.FollowedRun;
import puzzle.actors.feed.Position;
import puzzle.model.RunId;

/** Runs: which there are, one as it is now, its facts as they come, and what-ifs. */
final class RunEndpoints {

  private static final ByteString RETRY = ByteString.fromString("retry: 1000\n\n");

  private final HttpSettings settings;
  private final EdgeParts parts;
  private final Meters meters;
  private final Executor worker;
  private final Submissions submissions;
  private final WhatIfs whatIfs;

  RunEndpoints(HttpSettings settings, EdgeParts parts, Meters meters, Executor worker) {
    this.settings = settings;
    this.parts = parts;
    this.meters = meters;
    this.worker = worker;
    this.submissions = new Submissions(parts, worker);
    this.whatIfs = new WhatIfs(worker, settings.whatIfLimit());
  }

  CompletionStage<HttpResponse> runs(Call call) {
    return parts
        .feed()
        .runs()
        .thenCompose(
            names -> {
              ArrayNode list = FactJson.MAPPER.createArrayNode();
              names.forEach(n -> list.addObject().put("run", n).put("url", "/api/v1/runs/" + n));
              return Replies.json(FactJson.MAPPER.createObjectNode().set("runs", list));
            });
  }

  CompletionStage<HttpResponse> submit(Call call) {
    return call.json()
        .thenCompose(json -> submissions.begin(new JsonBody("", json)))
        .thenCompose(
            run ->
                Replies.json(
                    FactJson.MAPPER
                        .createObjectNode()
                        .put("run", run)
                        .put("url", "/api/v1/runs/" + run)));
  }

  CompletionStage<HttpResponse> snapshot(Call call) {
    return following(call).thenApplyAsync(f -> Replies.packed(call, Snapshots.bytes(f)), worker);
  }

  CompletionStage<HttpResponse> events(Call call) {
    Position after = after(call);
    String run = run(call);
    return following(call)
        .thenApply(
            f -> {
              if (meters.readers().incrementAndGet() > settings.readers()) {
                meters.readers().decrementAndGet();
                throw Refusal.of(
                    503,
                    "there are " + settings.readers() + " readers already",
                    "Maybe raise puzzle.http.readers.");
              }
              Source<ByteString, NotUsed> stream =
                  Source.single(RETRY)
                      .concat(parts.feed().events(run, f.window(), after))
                      .backpressureTimeout(settings.patience())
                      .onErrorComplete(this::dropped)
                      .watchTermination(
                          (unused, done) -> {
                            done.whenComplete((end, failure) -> meters.readers().decrementAndGet());
                            return unused;
                          });
              return HttpResponse.create()
                  .withEntity(
                      HttpEntities.createCloseDelimited(
                          ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM), stream))
                  .addHeader(RawHeader.create("Cache-Control", "no-store"))
                  .addHeader(RawHeader.create("X-Accel-Buffering", "no"));
            });
  }

  /** A reader that is too slow is disconnected; it may come back and resume where it was. */
  private boolean dropped(Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    boolean slow =
        cause instanceof FactWindow.LaggedException
            || cause instanceof BackpressureTimeoutException;
    if (slow) {
      meters.dropped();
    }
    return slow;
  }

  /** A browser that comes back says where it was; a program may also put it in the address. */
  private static Position after(Call call) {
    Optional<String> last = call.header("Last-Event-ID");
    String from = last.or(() -> call.query("from")).orElse("0").strip();
    try {
      return Position.parse(from);
    } catch (IllegalArgumentException e) {
      throw Refusal.said(400, last.isPresent() ? "Last-Event-ID" : "?from", e.getMessage());
    }
  }

  CompletionStage<HttpResponse> front(Call call) {
    int points = number(call, "points", 16, 2, 64);
    return following(call)
        .thenCompose(f -> whatIfs.front(f.snapshot(), points))
        .thenApply(json -> Replies.packed(call, FactJson.bytes(json)));
  }

  CompletionStage<HttpResponse> whatIf(Call call) {
    return call.json()
        .thenCombine(following(call), (json, f) -> whatIfs.solve(f.snapshot(), json))
        .thenCompose(answer -> answer)
        .thenApply(json -> Replies.packed(call, FactJson.bytes(json)));
  }

  private CompletionStage<FollowedRun> following(Call call) {
    return parts.following(run(call));
  }

  static String run(Call call) {
    String id = call.path().get("id");
    try {
      return new RunId(id).value();
    } catch (IllegalArgumentException e) {
      throw Refusal.of(404, "'" + shown(id) + "' is not a run's name", "Maybe see /api/v1/runs.");
    }
  }

  private static int number(Call call, String name, int otherwise, int least, int most) {
    Optional<String> text = call.query(name);
    if (text.isEmpty()) {
      return otherwise;
    }
    if (!text.get().matches("[0-9]{1,6}")
        || Integer.parseInt(text.get()) < least
        || Integer.parseInt(text.get()) > most) {
      throw Refusal.at(
          "?" + name, text.get(), "is not usable", "Maybe " + least + " to " + most + ".");
    }
    return Integer.parseInt(text.get());
  }
}

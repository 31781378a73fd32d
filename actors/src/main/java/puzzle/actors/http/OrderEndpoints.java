package puzzle.actors.http;

import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import puzzle.actors.feed.FactJson;
import puzzle.actors.feed.Inbound;
import puzzle.actors.feed.RunFeed;
import puzzle.protocol.Run;

/** Orders to a run: each is answered once it is on record. */
final class OrderEndpoints {

  private final RunFeed feed;
  private final Inbound inbound;

  OrderEndpoints(RunFeed feed, Inbound inbound) {
    this.feed = feed;
    this.inbound = inbound;
  }

  List<Endpoint> list() {
    return List.of(
        order("pause", Set.of(), (b, to) -> new Run.Pause(to)),
        order("resume", Set.of(), (b, to) -> new Run.Resume(to)),
        order("retry", Set.of(), (b, to) -> new Run.RetryFailed(to)),
        new Endpoint("POST", "/api/v1/runs/{id}/retarget", Role.OPERATOR, this::retarget),
        order("cancel", Set.of("reason"), (b, to) -> new Run.Cancel(reason(b), to)));
  }

  private Endpoint order(
      String name,
      Set<String> fields,
      BiFunction<JsonBody, ActorRef<Run.Answer>, Run.Command> order) {
    return new Endpoint(
        "POST",
        "/api/v1/runs/{id}/" + name,
        Role.OPERATOR,
        call -> {
          String run = RunEndpoints.run(call);
          return call.json()
              .thenCompose(
                  json -> {
                    JsonBody body = new JsonBody("", json);
                    body.only(fields);
                    // What is wrong with the body is said before anybody is asked.
                    order.apply(body, null);
                    return inbound.order(run, to -> order.apply(body, to));
                  })
              .thenCompose(OrderEndpoints::answer);
        });
  }

  /** Limits alone: hardware and workloads stay. */
  private CompletionStage<HttpResponse> retarget(Call call) {
    String run = RunEndpoints.run(call);
    return call.json()
        .thenCombine(
            RunEndpoints.following(feed, run),
            (json, f) -> Limits.read(json, f.snapshot().state().spec().target()))
        .thenCompose(target -> inbound.order(run, to -> new Run.Retarget(target, to)))
        .thenCompose(OrderEndpoints::answer);
  }

  private static CompletionStage<HttpResponse> answer(Run.Answer answer) {
    if (answer instanceof Run.Refused refused) {
      return CompletableFuture.failedStage(HttpProblem.said(409, null, refused.reason()));
    }
    return Replies.json(FactJson.MAPPER.createObjectNode().put("accepted", true));
  }

  private static String reason(JsonBody body) {
    String reason = body.has("reason") ? body.text("reason") : "cancelled over HTTP";
    if (reason.length() > 500) {
      throw HttpProblem.at("/reason", reason, "is too long", "Maybe up to 500 characters.");
    }
    return reason;
  }
}

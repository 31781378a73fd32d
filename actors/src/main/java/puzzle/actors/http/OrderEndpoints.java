package puzzle.actors.http;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.edge.OrderBody;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;
import puzzle.protocol.Run;

/** Orders to a run: each is answered once it is on record. */
final class OrderEndpoints {

  private final OrderBody orders;

  OrderEndpoints(EdgeParts parts) {
    this.orders = new OrderBody(parts);
  }

  /** What gives the order of that name. */
  Endpoint.Handler order(String name) {
    return call -> {
      String run = RunEndpoints.run(call);
      return call.json()
          .thenCompose(json -> orders.give(run, name, json))
          .thenCompose(OrderEndpoints::answer);
    };
  }

  private static CompletionStage<HttpResponse> answer(Run.Answer answer) {
    if (answer instanceof Run.Refused refused) {
      return CompletableFuture.failedStage(Refusal.said(409, null, refused.reason()));
    }
    return Replies.json(FactJson.MAPPER.createObjectNode().put("accepted", true));
  }
}

package puzzle.actors.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import puzzle.actors.edge.DeliveryBody;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.feed.FactJson;
import puzzle.model.Receipt;

/** Scores, trained variants and costs that other systems came by. */
record DeliveryEndpoints(EdgeParts parts, Executor worker, Meters meters) {

  CompletionStage<HttpResponse> deliver(Call call) {
    String run = RunEndpoints.run(call);
    return call.json()
        .thenCombineAsync(
            parts.following(run), (json, f) -> DeliveryBody.read(json, f.snapshot()), worker)
        .thenCompose(
            placed -> {
              return parts
                  .inbound()
                  .deliver(run, DeliveryBody.byLayer(placed), DeliveryBody.costs(placed))
                  .thenApply(receipts -> Replies.packed(call, answer(placed, receipts)));
            });
  }

  private byte[] answer(List<DeliveryBody.Placed> placed, Map<String, Receipt> receipts) {
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    for (Receipt.Outcome outcome : Receipt.Outcome.values()) {
      json.put(outcome.name().toLowerCase(Locale.ROOT), 0);
    }
    ArrayNode list = json.putArray("receipts");
    for (DeliveryBody.Placed p : placed) {
      Receipt r = receipts.get(p.id());
      String outcome = r.outcome().name().toLowerCase(Locale.ROOT);
      json.put(outcome, json.path(outcome).asInt() + 1);
      meters.delivered(outcome);
      ObjectNode line = list.addObject();
      line.put("id", r.id()).put("pointer", p.pointer()).put("outcome", outcome);
      if (!r.reason().isEmpty()) {
        line.put("reason", r.reason());
      }
    }
    return FactJson.bytes(json);
  }
}

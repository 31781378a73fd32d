package puzzle.actors.edge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import puzzle.model.Receipt;
import puzzle.protocol.Run;

/**
 * Orders and results of other systems as JSON, for ways in other than HTTP: the same bodies, the
 * same checks, the same answers. What is refused is said in words; what fails can be tried again.
 */
public final class Commands {

  /** Results measured elsewhere. */
  public static final String MEASUREMENTS = "measurements";

  /** A run file that the node can read. */
  public static final String SUBMIT = "submit";

  private final EdgeParts parts;
  private final OrderBody orders;
  private final Submissions submissions;

  /**
   * @param worker reads run files
   */
  public Commands(EdgeParts parts, Executor worker) {
    this.parts = parts;
    this.orders = new OrderBody(parts);
    this.submissions = new Submissions(parts, worker);
  }

  public static boolean knows(String name) {
    return name.equals(MEASUREMENTS) || name.equals(SUBMIT) || OrderBody.NAMES.contains(name);
  }

  /**
   * Starts a run.
   *
   * @param data with the field file
   * @return why it is refused, or an empty text once it is in the journal
   */
  public CompletionStage<String> submit(JsonNode data) {
    try {
      return submissions
          .begin(new JsonBody("", data))
          .thenApply(run -> "")
          .exceptionally(Commands::refusal);
    } catch (Refusal e) {
      return CompletableFuture.completedStage(e.inWords());
    }
  }

  /**
   * Gives an order to a run.
   *
   * @return why it is refused, or an empty text once it is in the journal
   */
  public CompletionStage<String> order(String run, String name, JsonNode data) {
    return parts
        .following(run)
        .thenCompose(f -> orders.give(run, name, data))
        .thenApply(answer -> answer instanceof Run.Refused refused ? refused.reason() : "")
        .exceptionally(Commands::refusal);
  }

  /**
   * Hands over the results of several messages at once.
   *
   * @param messages each with the fields source, scores, variants, costs
   * @return for each message why it, or a part of it, is refused; an empty text if all of it is on
   *     record
   */
  public CompletionStage<List<String>> deliver(String run, List<JsonNode> messages) {
    return parts
        .following(run)
        .thenCompose(
            f -> {
              List<List<DeliveryBody.Placed>> read = new ArrayList<>();
              List<DeliveryBody.Placed> all = new ArrayList<>();
              List<String> refusals = new ArrayList<>();
              for (JsonNode message : messages) {
                List<DeliveryBody.Placed> placed = List.of();
                String refusal = "";
                try {
                  placed = DeliveryBody.read(message, f.snapshot());
                } catch (Refusal e) {
                  refusal = e.inWords();
                }
                read.add(placed);
                refusals.add(refusal);
                all.addAll(placed);
              }
              return parts
                  .inbound()
                  .deliver(run, DeliveryBody.byLayer(all), DeliveryBody.costs(all))
                  .thenApply(receipts -> refused(read, refusals, receipts));
            })
        .exceptionally(e -> messages.stream().map(m -> refusal(e)).toList());
  }

  private static List<String> refused(
      List<List<DeliveryBody.Placed>> read, List<String> refusals, Map<String, Receipt> receipts) {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < read.size(); i++) {
      String answer = refusals.get(i);
      for (DeliveryBody.Placed p : read.get(i)) {
        Receipt receipt = receipts.get(p.id());
        switch (receipt.outcome()) {
          case REFUSED -> answer = p.pointer() + ": " + receipt.reason();
          case TOO_EARLY ->
              answer = p.pointer() + ": its layer has not begun.\nMaybe deliver it again later.";
          case RECORDED, DUPLICATE, KEPT -> {}
        }
      }
      answers.add(answer);
    }
    return answers;
  }

  /** A problem with what was sent is an answer; anything else stays a failure. */
  private static String refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof Refusal refusal && refusal.status() < 500) {
      return refusal.inWords();
    }
    throw failure instanceof CompletionException e ? e : new CompletionException(failure);
  }
}

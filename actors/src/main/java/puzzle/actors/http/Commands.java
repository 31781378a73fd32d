package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.actors.feed.Inbound;
import puzzle.actors.feed.RunFeed;
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

  private static final Set<String> ORDERS =
      Set.of("pause", "resume", "retry", "cancel", "retarget");

  private final RunFeed feed;
  private final Inbound inbound;
  private final Submissions submissions;

  /**
   * @param worker reads run files
   */
  public Commands(EdgeParts parts, Executor worker) {
    this.feed = parts.feed();
    this.inbound = parts.inbound();
    this.submissions = new Submissions(parts, worker);
  }

  public static boolean knows(String name) {
    return name.equals(MEASUREMENTS) || name.equals(SUBMIT) || ORDERS.contains(name);
  }

  /**
   * Begins a run.
   *
   * @param data with the field file
   * @return why it is refused, or an empty text once it is on record
   */
  public CompletionStage<String> submit(JsonNode data) {
    try {
      return submissions
          .begin(new JsonBody("", data))
          .thenApply(run -> "")
          .exceptionally(Commands::refusal);
    } catch (HttpProblem e) {
      return CompletableFuture.completedStage(e.inWords());
    }
  }

  /**
   * Gives an order to a run.
   *
   * @return why it is refused, or an empty text once it is on record
   */
  public CompletionStage<String> order(String run, String name, JsonNode data) {
    return RunEndpoints.following(feed, run)
        .thenCompose(f -> inbound.order(run, order(name, data, f.snapshot().state().spec())))
        .thenApply(answer -> answer instanceof Run.Refused refused ? refused.reason() : "")
        .exceptionally(Commands::refusal);
  }

  private static Function<ActorRef<Run.Answer>, Run.Command> order(
      String name, JsonNode data, puzzle.model.RunSpec spec) {
    JsonBody body = new JsonBody("", data);
    if (name.equals("retarget")) {
      var target = Limits.read(data, spec.target());
      return to -> new Run.Retarget(target, to);
    }
    body.only(name.equals("cancel") ? Set.of("reason") : Set.of());
    return switch (name) {
      case "pause" -> Run.Pause::new;
      case "resume" -> Run.Resume::new;
      case "retry" -> Run.RetryFailed::new;
      case "cancel" -> {
        String reason = body.has("reason") ? body.text("reason") : "cancelled by a message";
        yield to -> new Run.Cancel(reason, to);
      }
      default -> throw new IllegalArgumentException("no order " + name);
    };
  }

  /**
   * Hands over the results of several messages at once.
   *
   * @param messages each with the fields source, scores, variants, costs
   * @return for each message why it, or a part of it, is refused; an empty text where all of it is
   *     on record
   */
  public CompletionStage<List<String>> deliver(String run, List<JsonNode> messages) {
    return RunEndpoints.following(feed, run)
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
                } catch (HttpProblem e) {
                  refusal = e.inWords();
                }
                read.add(placed);
                refusals.add(refusal);
                all.addAll(placed);
              }
              return inbound
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

  /** A problem with what was sent is an answer; anything else goes on as a failure. */
  private static String refusal(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof HttpProblem problem && problem.status() < 500) {
      return problem.inWords();
    }
    throw failure instanceof CompletionException e ? e : new CompletionException(failure);
  }
}

package puzzle.actors.edge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.protocol.Run;

/** Orders to a run as other programs write them: a name, and a body with what the order needs. */
public final class OrderBody {

  /** All orders that can be given from outside. */
  public static final Set<String> NAMES = Set.of("pause", "resume", "retry", "retarget", "cancel");

  private static final int LONGEST_REASON = 500;

  private final EdgeParts parts;

  public OrderBody(EdgeParts parts) {
    this.parts = parts;
  }

  /**
   * Gives an order; what is wrong with its body is said before anybody is asked.
   *
   * @param name one of {@link #NAMES}
   * @throws Refusal if the body cannot be used; the stage fails with one if there is no such run
   */
  public CompletionStage<Run.Answer> give(String run, String name, JsonNode json) {
    JsonBody body = new JsonBody("", json);
    if (name.equals("retarget")) {
      // Limits alone: hardware and workloads stay.
      return parts
          .following(run)
          .thenApply(f -> LimitsBody.read(json, f.snapshot().state().spec().target()))
          .thenCompose(target -> parts.inbound().order(run, to -> new Run.Retarget(target, to)));
    }
    body.only(name.equals("cancel") ? Set.of("reason") : Set.of());
    return parts.inbound().order(run, order(name, body));
  }

  private static Function<ActorRef<Run.Answer>, Run.Command> order(String name, JsonBody body) {
    return switch (name) {
      case "pause" -> Run.Pause::new;
      case "resume" -> Run.Resume::new;
      case "retry" -> Run.RetryFailed::new;
      case "cancel" -> {
        String reason = body.has("reason") ? body.text("reason") : "cancelled by another program";
        if (reason.length() > LONGEST_REASON) {
          throw Refusal.at(
              "/reason", reason, "is too long", "Maybe up to " + LONGEST_REASON + " characters.");
        }
        yield to -> new Run.Cancel(reason, to);
      }
      default -> throw new IllegalArgumentException("no order " + name);
    };
  }
}

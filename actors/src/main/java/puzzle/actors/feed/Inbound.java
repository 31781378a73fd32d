package puzzle.actors.feed;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import puzzle.model.CostDelivery;
import puzzle.model.Delivery;
import puzzle.model.Receipt;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;

/**
 * What comes in from outside, whichever way it came: orders to runs, and results measured
 * elsewhere. Everything is answered by the entity that has it on record, and can be repeated.
 */
public final class Inbound {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final ActorSystem<?> system;
  private final Function<String, RecipientRef<Run.Command>> runs;
  private final BiFunction<String, Integer, RecipientRef<Layer.Command>> blocks;

  /**
   * @param runs the entity of a run, by its id
   * @param blocks the entity of a layer, by run and layer
   */
  public Inbound(
      ActorSystem<?> system,
      Function<String, RecipientRef<Run.Command>> runs,
      BiFunction<String, Integer, RecipientRef<Layer.Command>> blocks) {
    this.system = system;
    this.runs = runs;
    this.blocks = blocks;
  }

  /** Gives an order to a run. */
  public CompletionStage<Run.Answer> order(
      String run, Function<ActorRef<Run.Answer>, Run.Command> order) {
    return AskPattern.ask(runs.apply(run), order::apply, PATIENCE, system.scheduler());
  }

  /**
   * Hands results over to their layers, and costs to the run.
   *
   * @return a receipt for each delivery, by id
   */
  public CompletionStage<Map<String, Receipt>> deliver(
      String run, Map<Integer, List<Delivery>> byLayer, List<CostDelivery> costs) {
    List<CompletableFuture<Layer.Receipts>> asked = new ArrayList<>();
    new TreeMap<>(byLayer)
        .forEach(
            (layer, list) ->
                asked.add(
                    AskPattern.<Layer.Command, Layer.Receipts>ask(
                            blocks.apply(run, layer),
                            replyTo -> new Layer.Deliver(list, replyTo),
                            PATIENCE,
                            system.scheduler())
                        .toCompletableFuture()));
    if (!costs.isEmpty()) {
      asked.add(
          AskPattern.<Run.Command, Layer.Receipts>ask(
                  runs.apply(run),
                  replyTo -> new Run.DeliverCosts(costs, replyTo),
                  PATIENCE,
                  system.scheduler())
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenApply(
            done -> {
              Map<String, Receipt> receipts = new HashMap<>();
              asked.forEach(a -> a.join().receipts().forEach(r -> receipts.putIfAbsent(r.id(), r)));
              return receipts;
            });
  }
}

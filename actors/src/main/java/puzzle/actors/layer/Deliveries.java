package puzzle.actors.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import puzzle.model.Block;
import puzzle.model.Delivery;
import puzzle.model.Receipt;
import puzzle.model.SearchSpace;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;
import puzzle.persistence.LayerState;
import puzzle.persistence.TaskEvent;
import puzzle.persistence.TaskLedger;

/**
 * Judges results that other systems deliver for one layer. They enter the record as an attempt that
 * began and ended at once, so everything that follows from a result follows from them too, and a
 * device that still works on the task is fenced off. What is on record first stays, wherever it
 * came from: so it does not matter how often, or in which order, deliveries are repeated.
 */
final class Deliveries {

  private final LayerState state;
  private final SearchSpace space;
  private final Map<String, Block> scores;
  private final Set<String> variants;
  private final List<TaskEvent> events = new ArrayList<>();
  private final List<Receipt> receipts = new ArrayList<>();
  private TaskLedger ledger;

  /**
   * @param state of a layer that was ordered
   */
  Deliveries(LayerState state, List<Delivery> deliveries) {
    this.state = state;
    this.space = state.spec().space().of(state.layer());
    this.ledger = state.tasks();
    this.scores =
        space.blocks().stream()
            .filter(b -> !b.equals(space.parent()))
            .collect(Collectors.toMap(b -> Task.ScoreBlock.key(state.layer(), b, false), b -> b));
    this.variants =
        space.variants().stream()
            .filter(space::trainable)
            .map(this::bldKey)
            .collect(Collectors.toSet());
    deliveries.forEach(this::judge);
  }

  /** Receipts of a layer that takes no results, because it is not that far or no longer at work. */
  static List<Receipt> turnedAway(LayerState state, List<Delivery> deliveries) {
    Receipt.Outcome outcome =
        state.abandoned() ? Receipt.Outcome.REFUSED : Receipt.Outcome.TOO_EARLY;
    String why =
        state.abandoned() ? "the run takes no more results" : "the run is not that far yet";
    return deliveries.stream().map(d -> new Receipt(d.id(), outcome, why)).toList();
  }

  /** To persist, in order. */
  List<TaskEvent> events() {
    return events;
  }

  /** In the order of the deliveries. */
  List<Receipt> receipts() {
    return receipts;
  }

  private void judge(Delivery d) {
    String refusal = refusal(d);
    if (refusal != null) {
      receipts.add(new Receipt(d.id(), Receipt.Outcome.REFUSED, refusal));
      return;
    }
    TaskLedger.Entry entry = ledger.get(d.key());
    if (entry.result() != null) {
      boolean same = entry.device().equals(d.device());
      receipts.add(
          same
              ? new Receipt(d.id(), Receipt.Outcome.DUPLICATE, "")
              : new Receipt(
                  d.id(),
                  Receipt.Outcome.KEPT,
                  d.key() + " has a result from " + entry.device() + " already"));
      return;
    }
    record(new TaskEvent.AttemptStarted(d.key(), entry.attempt() + 1, d.device()));
    record(new TaskEvent.TaskFinished(d.key(), entry.attempt() + 1, d.result()));
    receipts.add(new Receipt(d.id(), Receipt.Outcome.RECORDED, ""));
  }

  private void record(TaskEvent event) {
    events.add(event);
    ledger = ledger.on(event);
  }

  private String refusal(Delivery d) {
    if (d.result() instanceof TaskResult.BlockScored && scores.containsKey(d.key())) {
      Block block = scores.get(d.key());
      for (Variant half : List.of(block.attention(), block.ffn())) {
        if (space.trainable(half) && ledger.get(bldKey(half)).quarantined()) {
          return half + " of layer " + state.layer() + " was given up: there is nothing to choose";
        }
      }
      return null;
    }
    if (d.result() instanceof TaskResult.Trained && variants.contains(d.key())) {
      return null;
    }
    return d.key() + " is not a block or variant that layer " + state.layer() + " has to measure";
  }

  private String bldKey(Variant variant) {
    return Task.Bld.key(state.layer(), variant);
  }
}

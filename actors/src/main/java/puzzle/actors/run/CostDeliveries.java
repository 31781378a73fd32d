package puzzle.actors.run;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import puzzle.model.CostDelivery;
import puzzle.model.Receipt;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;

/**
 * Judges costs that other systems deliver; a function of the run's state and nothing else. The
 * first delivery for a part and a workload stands, whatever comes later, so it does not matter how
 * often, or in which order, deliveries are repeated. Once an architecture is chosen, costs are
 * settled: what was distilled for days is not thrown away because a number arrived.
 */
final class CostDeliveries {

  private final String run;
  private final RunState state;
  private final List<CostDelivery> standing;
  private final List<CostDelivery> recorded = new ArrayList<>();
  private final List<Receipt> receipts = new ArrayList<>();
  private Set<String> workloads = Set.of();
  private Set<String> parts = Set.of();

  CostDeliveries(String run, RunState state, List<CostDelivery> deliveries) {
    this.run = run;
    this.state = state;
    this.standing = new ArrayList<>(state.costs());
    if (state.started()) {
      workloads =
          state.spec().target().goals().stream()
              .map(g -> g.workload().name())
              .collect(Collectors.toCollection(TreeSet::new));
      parts =
          state.spec().space().variants().stream()
              .map(v -> v.name())
              .collect(Collectors.toCollection(TreeSet::new));
      parts.add(CostDelivery.FIXED);
    }
    deliveries.forEach(this::judge);
  }

  /** To persist; none if nothing is new. */
  List<RunEvent> events(Instant at) {
    return recorded.isEmpty() ? List.of() : List.of(new RunEvent.CostsDelivered(recorded, at));
  }

  /** In the order of the deliveries. */
  List<Receipt> receipts() {
    return receipts;
  }

  private void judge(CostDelivery d) {
    for (CostDelivery first : standing) {
      if (first.workload().equals(d.workload()) && first.part().equals(d.part())) {
        receipts.add(
            first.origin().equals(d.origin())
                ? new Receipt(d.id(), Receipt.Outcome.DUPLICATE, "")
                : new Receipt(
                    d.id(),
                    Receipt.Outcome.KEPT,
                    "%s has a cost for %s from %s already"
                        .formatted(d.part(), d.workload(), first.origin())));
        return;
      }
    }
    String refusal = refusal(d);
    if (refusal != null) {
      receipts.add(new Receipt(d.id(), Receipt.Outcome.REFUSED, refusal));
      return;
    }
    standing.add(d);
    recorded.add(d);
    receipts.add(new Receipt(d.id(), Receipt.Outcome.RECORDED, ""));
  }

  private String refusal(CostDelivery d) {
    if (!state.started() || state.ended()) {
      return RunRequests.notActive(run, state);
    }
    if (state.incumbent() != null || state.infeasible() != null) {
      return run
          + ": the choice is made, by the costs known then.\n"
          + "Maybe retarget the run: until it chooses again, costs are taken.";
    }
    if (!workloads.contains(d.workload())) {
      return "'%s' is not a workload of %s.\nMaybe one of %s."
          .formatted(d.workload(), run, workloads);
    }
    return parts.contains(d.part())
        ? null
        : "'%s' is not a variant of %s.\nMaybe one of %s.".formatted(d.part(), run, parts);
  }
}

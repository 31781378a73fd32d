package puzzle.actors.drill;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What a drill found.
 *
 * @param equal true if every run's outcome was the undisturbed run's
 * @param lost events a node said were durable and that are not in the journal
 * @param doubled tasks with more than one result that counted
 * @param redo from a kill to the first step of a task that was lost with it
 * @param solverBack from the kill of the node with the pool or the solver to their next answers
 * @param wrong what breaks the promise, in words
 */
public record Findings(
    int kills,
    boolean equal,
    @JsonProperty("lost_events") int lost,
    @JsonProperty("doubled_results") int doubled,
    @JsonProperty("redo_seconds") Percentiles redo,
    @JsonProperty("solver_back_seconds") Percentiles solverBack,
    @JsonProperty("redo_samples") int redoSamples,
    @JsonProperty("solver_back_samples") int solverBackSamples,
    @JsonProperty("kills_by_stage") Map<String, Integer> byStage,
    @JsonProperty("kills_by_kind") Map<String, Integer> byKind,
    @JsonProperty("undisturbed_seconds") double undisturbedSeconds,
    List<String> wrong) {

  /** True if the promise was kept. */
  @JsonIgnore
  public boolean kept() {
    return equal && lost == 0 && doubled == 0 && wrong.isEmpty();
  }
}

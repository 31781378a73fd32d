package puzzle.actors.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import puzzle.model.Incumbent;
import puzzle.model.Score;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.RunState;

/** The solver's best architectures as whole models, by the run's own metric. */
final class Candidates {

  private Candidates() {}

  /** Tells the task on a candidate apart, counted from 0 in code and from 1 in words. */
  static String label(int index) {
    return "candidate-" + (index + 1);
  }

  /**
   * The candidate whose assembled model is least worse than the parent; of equals the one with the
   * smaller sum of scores, which is also the answer where none could be measured.
   */
  static int best(RunState state) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < state.candidates().size(); i++) {
      double value = measured(state, i).map(Score.Measure::value).orElse(Double.POSITIVE_INFINITY);
      if (value < least) {
        least = value;
        best = i;
      }
    }
    return best;
  }

  /** A candidate's measurement by the run's metric; KL where a result knows no other. */
  static Optional<Score.Measure> measured(RunState state, int index) {
    return state
        .tasks()
        .result(Task.Evaluate.key(label(index)), TaskResult.Evaluated.class)
        .map(
            e ->
                Score.find(state.spec().scoring().metric(), e.measures())
                    .orElse(new Score.Measure(Score.Metric.KL, e.klNatsPerToken(), 0)));
  }

  /** What a run's summary tells of them; empty if none were measured. */
  static List<Summary.CandidateLine> lines(RunState state) {
    List<Summary.CandidateLine> lines = new ArrayList<>();
    for (int i = 0; i < state.candidates().size(); i++) {
      Incumbent candidate = state.candidates().get(i);
      Optional<Score.Measure> measure = measured(state, i);
      lines.add(
          new Summary.CandidateLine(
              candidate.objective(),
              candidate.proven(),
              measure.map(m -> m.metric().label()).orElse(null),
              measure.map(Score.Measure::value).orElse(null),
              measure.map(Score.Measure::standardError).orElse(null),
              state.taken() != null && state.taken() == i,
              Summary.names(candidate.architecture().blocks())));
    }
    return lines;
  }
}

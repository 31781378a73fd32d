package puzzle.engine.score;

import java.util.List;

/**
 * A downstream task as a score (section 4.2, table 11): token sequences to run, and how the model's
 * predictions on them are graded. A pass gives two numbers per token, from which multiple choice,
 * exact answers and likelihoods can be had; so a benchmark runs on the suffix of the model like
 * every other score, and adds no pass of its own kind.
 *
 * <p>Other benchmarks are found as services: see {@link Factory}.
 */
public interface Benchmark {

  /** Token ids of every sequence, at least two each; always the same. */
  List<int[]> sequences();

  /**
   * Grades of the benchmark's items, each from 0 to 1, larger is better; always the same number.
   *
   * @param answers one per sequence
   */
  double[] grade(List<Answer> answers);

  /**
   * What the model says to one sequence.
   *
   * @param logProbabilities entry i: of token i + 1 after tokens 0 to i, nats
   * @param likeliest entry i: whether token i + 1 is the model's first choice
   */
  record Answer(double[] logProbabilities, boolean[] likeliest) {}

  /** Makes benchmarks; found by {@link java.util.ServiceLoader}. */
  interface Factory {

    /** What stands before the colon of {@code scoring.benchmark}. */
    String name();

    /**
     * Opens a benchmark.
     *
     * @param argument what follows the colon
     * @param encoder text to token ids, of the parent
     * @param maxTokens of one sequence
     * @throws puzzle.model.InvalidInputException where there is no such benchmark, or it does not
     *     fit
     */
    Benchmark open(String argument, Encoder encoder, int maxTokens);
  }

  /** Text to token ids, no special tokens added. */
  interface Encoder {
    int[] encode(String text);
  }
}

package puzzle.engine.score;

import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.recording.Tape;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.Score;

/**
 * One pass of a model over recorded sequences, and all that it tells of the model against the
 * parent: KL divergence, loss, top-k accuracy and, where the run has one, the grade of a benchmark.
 * Each is a mean over sequences of paired differences, so its standard error is that of the
 * difference, not of the two models' own spread.
 *
 * @param benchmark the one that was recorded, or null
 */
record Comparison(Recording recording, RunSpec.Scoring settings, Benchmark benchmark) {

  /** One way of running a model over a split. */
  interface Pass {
    /**
     * Runs all its sequences in order.
     *
     * @param tokens of the split, one more per sequence than is run
     */
    void run(Split split, int[][] tokens, Passes.Output output, Runnable tick);
  }

  /**
   * Runs the model over a split and over the benchmark.
   *
   * @param manager of the model
   */
  ModelEvaluator.Quality run(NDManager manager, Split split, Pass pass, Monitor monitor) {
    int[][] tokens = all(split);
    int length = tokens[0].length - 1;
    int[] done = {0};
    Runnable tick = () -> monitor.step(done[0], tokens.length, Double.NaN);
    Tape parentLogits = recording.logits(split);
    float[][] quality = new float[5][tokens.length];
    pass.run(
        split,
        tokens,
        (from, count, logits) -> {
          int[][] ids = Arrays.copyOfRange(tokens, from, from + count);
          float[] part =
              Losses.quality(
                      logits,
                      parentLogits.read(manager, from, count),
                      Tensors.ids(manager, ids, 1, length),
                      Tensors.scalar(manager, settings.topK()))
                  .toFloatArray();
          for (int i = 0; i < quality.length; i++) {
            System.arraycopy(part, i * count, quality[i], from, count);
          }
          done[0] = from + count;
        },
        tick);
    List<Score.Measure> measures = new ArrayList<>();
    measures.add(measure(Score.Metric.KL, quality[0], new float[tokens.length]));
    measures.add(measure(Score.Metric.LM_LOSS, quality[1], quality[2]));
    measures.add(measure(Score.Metric.TOP_K, quality[4], quality[3]));
    if (benchmark != null) {
      measures.add(grade(manager, pass, tick));
    }
    double loss = 0;
    for (float l : quality[1]) {
      loss += l;
    }
    return new ModelEvaluator.Quality(loss / tokens.length, measures.get(0).value(), measures);
  }

  private Score.Measure grade(NDManager manager, Pass pass, Runnable tick) {
    int[][] tokens = all(Split.BENCHMARK);
    int length = tokens[0].length - 1;
    if (!Arrays.deepEquals(tokens, Benchmarks.padded(benchmark, length + 1, Integer.MAX_VALUE))) {
      throw new InvalidInputException(
          "scoring.benchmark: its prompts are not those that were recorded.\n"
              + "Maybe its file was changed since: put it back, or start a new run.");
    }
    FloatBuffer modified = FloatBuffer.allocate(tokens.length * 2 * length);
    pass.run(
        Split.BENCHMARK,
        tokens,
        (from, count, logits) -> {
          int[][] ids = Arrays.copyOfRange(tokens, from, from + count);
          modified.put(Losses.graded(logits, Tensors.ids(manager, ids, 1, length)).toFloatArray());
        },
        tick);
    double[] child = benchmark.grade(answers(modified.flip(), length));
    double[] parent = benchmark.grade(answers(recording.graded(), length));
    return measure(Score.Metric.BENCHMARK, floats(parent), floats(child));
  }

  private int[][] all(Split split) {
    Sequences sequences = recording.tokens(split);
    return sequences.read(0, Math.toIntExact(sequences.count()));
  }

  private List<Benchmark.Answer> answers(FloatBuffer values, int length) {
    List<Benchmark.Answer> answers = new ArrayList<>();
    List<int[]> sequences = benchmark.sequences();
    for (int s = 0; s < sequences.size(); s++) {
      int predicted = sequences.get(s).length - 1;
      double[] logs = new double[predicted];
      boolean[] likeliest = new boolean[predicted];
      for (int i = 0; i < predicted; i++) {
        logs[i] = values.get(2 * s * length + i);
        likeliest[i] = values.get((2 * s + 1) * length + i) == 1;
      }
      answers.add(new Benchmark.Answer(logs, likeliest));
    }
    return answers;
  }

  /** Mean of a - b with its standard error over the pairs. */
  private static Score.Measure measure(Score.Metric metric, float[] a, float[] b) {
    int n = a.length;
    double mean = 0;
    for (int i = 0; i < n; i++) {
      mean += ((double) a[i] - b[i]) / n;
    }
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double d = (double) a[i] - b[i] - mean;
      squares += d * d;
    }
    double error = n < 2 ? 0 : Math.sqrt(squares / (n - 1.0) / n);
    return new Score.Measure(metric, mean, error);
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}

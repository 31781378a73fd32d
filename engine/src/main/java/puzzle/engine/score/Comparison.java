package puzzle.engine.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.HeadMeasures;
import puzzle.engine.nn.HeadMeasures.Final;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.recording.Tape;
import puzzle.model.InvalidInputException;
import puzzle.model.Part;
import puzzle.model.RunSpec;

/**
 * One pass of a model over recorded sequences, and all that it tells of the model against the
 * parent: KL divergence, loss, top-k accuracy and, where the run has one, the grade of a benchmark.
 * The parent does not run: its head says again what it said, from its recorded final states.
 *
 * @param benchmark the one that was recorded, or null
 */
record Comparison(
    Decoder model,
    Decoder parent,
    Recording recording,
    RunSpec.Scoring settings,
    Benchmark benchmark) {

  /** One way of running the model over a split. */
  interface Pass {
    /**
     * Runs some sequences in order.
     *
     * @param first of them in the split
     * @param tokens of them, one more per sequence than is run
     */
    void run(Split split, int first, Sequences tokens, Passes.Output output, Runnable tick);
  }

  /**
   * Runs the model over a share of a split, and with the first share over the benchmark.
   *
   * @param part in units of a batch, so that each sequence is in the batch it is in without parts
   */
  Observed run(Split split, Part part, Pass pass, Monitor monitor) {
    Sequences all = recording.tokens(split);
    int first = part.from((int) all.count());
    Sequences tokens = all.part(first, part.to((int) all.count()) - first);
    int count = (int) tokens.count();
    int[] done = {0};
    Runnable tick = () -> monitor.step(done[0], count, Double.NaN);
    float[][] sequences = new float[5][count];
    Tape last = recording.last(split, parent.config());
    pass.run(
        split,
        first,
        tokens,
        (from, some, states) -> {
          float[][] quality =
              measures()
                  .quality(
                      new Final(model, states),
                      new Final(parent, last.read(states.getManager(), first + from, some)),
                      targets(tokens.read(from, some)),
                      settings.topK());
          for (int i = 0; i < quality.length; i++) {
            System.arraycopy(quality[i], 0, sequences[i], from, some);
          }
          done[0] = from + some;
        },
        tick);
    return benchmark == null || part.index() > 0
        ? new Observed(sequences, null, null)
        : graded(sequences, pass, tick);
  }

  private Observed graded(float[][] observed, Pass pass, Runnable tick) {
    Sequences tokens = recording.tokens(Split.BENCHMARK);
    int count = (int) tokens.count();
    int length = tokens.length() - 1;
    if (!Arrays.deepEquals(
        tokens.read(0, count), Benchmarks.padded(benchmark, length + 1, Integer.MAX_VALUE))) {
      throw new InvalidInputException(
          "scoring.benchmark: its prompts are not those that were recorded.\n"
              + "Maybe its file was changed since: put it back, or start a new run.");
    }
    float[][] own = new float[2][count * length];
    float[][] parents = new float[2][count * length];
    Tape last = recording.last(Split.BENCHMARK, parent.config());
    pass.run(
        Split.BENCHMARK,
        0,
        tokens,
        (from, some, states) -> {
          NDArray targets = targets(tokens.read(from, some));
          NDManager manager = states.getManager();
          put(measures().graded(new Final(model, states), targets), own, from * length);
          put(
              measures().graded(new Final(parent, last.read(manager, from, some)), targets),
              parents,
              from * length);
        },
        tick);
    return new Observed(
        observed, benchmark.grade(answers(own, length)), benchmark.grade(answers(parents, length)));
  }

  private HeadMeasures measures() {
    return HeadMeasures.of(parent.config());
  }

  private NDArray targets(int[][] ids) {
    return Tensors.ids(model.manager(), ids, 1, ids[0].length - 1);
  }

  private static void put(float[][] some, float[][] into, int at) {
    for (int i = 0; i < into.length; i++) {
      System.arraycopy(some[i], 0, into[i], at, some[i].length);
    }
  }

  private List<Benchmark.Answer> answers(float[][] said, int length) {
    List<Benchmark.Answer> answers = new ArrayList<>();
    List<int[]> sequences = benchmark.sequences();
    for (int s = 0; s < sequences.size(); s++) {
      int predicted = sequences.get(s).length - 1;
      double[] logs = new double[predicted];
      boolean[] likeliest = new boolean[predicted];
      for (int i = 0; i < predicted; i++) {
        logs[i] = said[0][s * length + i];
        likeliest[i] = said[1][s * length + i] == 1;
      }
      answers.add(new Benchmark.Answer(logs, likeliest));
    }
    return answers;
  }
}

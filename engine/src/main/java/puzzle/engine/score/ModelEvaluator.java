package puzzle.engine.score;

import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.model.RunSpec;
import puzzle.model.Score;

/** A whole model against the parent, on recorded sequences that no task trained on. */
public final class ModelEvaluator {

  /**
   * Means over tokens, nats.
   *
   * @param kl of the parent from the model, KL(parent || model)
   * @param measures all that the pass measured, with standard errors
   */
  public record Quality(double loss, double kl, List<Score.Measure> measures) {}

  private ModelEvaluator() {}

  /**
   * Runs the model.
   *
   * @param split {@link Split#EVALUATION} for what is reported, {@link Split#SELECTION} for choices
   * @param benchmark the one that was recorded, or null
   */
  public static Quality evaluate(
      Decoder model,
      Recording recording,
      Split split,
      RunSpec.Scoring settings,
      Benchmark benchmark,
      Monitor monitor) {
    NDManager manager = model.manager();
    return new Comparison(recording, settings, benchmark)
        .run(
            manager,
            split,
            (part, tokens, output, tick) ->
                Passes.run(
                    model,
                    0,
                    tokens.length,
                    settings.batch(),
                    (from, count) -> {
                      int[][] ids = Arrays.copyOfRange(tokens, from, from + count);
                      return model.embed(Tensors.ids(manager, ids, 0, tokens[0].length - 1));
                    },
                    output,
                    tick),
            monitor);
  }
}

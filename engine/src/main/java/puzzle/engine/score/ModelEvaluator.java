package puzzle.engine.score;

import ai.djl.ndarray.NDManager;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.model.Part;
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
   * Runs the model over a split and says what that tells.
   *
   * @param parent whose head is needed alone
   * @param split {@link Split#EVALUATION} for what is reported, {@link Split#SELECTION} for choices
   * @param benchmark the one that was recorded, or null
   */
  public static Quality evaluate(
      Decoder model,
      Decoder parent,
      Recording recording,
      Split split,
      RunSpec.Scoring settings,
      Benchmark benchmark,
      Monitor monitor) {
    Part all = new Part(0, 1, settings.batch());
    return observe(model, parent, recording, split, settings, benchmark, all, monitor).quality();
  }

  /**
   * The same over a share of the split.
   *
   * @param part in units of {@code settings.batch()}
   */
  public static Observed observe(
      Decoder model,
      Decoder parent,
      Recording recording,
      Split split,
      RunSpec.Scoring settings,
      Benchmark benchmark,
      Part part,
      Monitor monitor) {
    NDManager manager = model.manager();
    return new Comparison(model, parent, recording, settings, benchmark)
        .run(
            split,
            part,
            (of, first, tokens, output, tick) ->
                Passes.run(
                    model,
                    0,
                    (int) tokens.count(),
                    settings.batch(),
                    (from, count) ->
                        model.embed(
                            Tensors.ids(manager, tokens.read(from, count), 0, tokens.length() - 1)),
                    output,
                    tick),
            monitor);
  }
}

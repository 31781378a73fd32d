package puzzle.engine.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.distil.Recording;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
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
   * @param task the one that was recorded, or null
   */
  public static Quality evaluate(
      Decoder model,
      Recording recording,
      Split split,
      RunSpec.Scoring settings,
      TaskScore task,
      Monitor monitor) {
    NDManager manager = model.manager();
    return new Comparison(recording, settings, task)
        .run(
            manager,
            split,
            (part, ids, from) -> {
              NDArray x = model.embed(Tensors.ids(manager, ids, 0, ids[0].length - 1));
              for (int layer = 0; layer < model.config().layers(); layer++) {
                x = model.layer(layer, x);
              }
              return model.logits(x);
            },
            monitor);
  }
}

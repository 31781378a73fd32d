package puzzle.engine.distil;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.distil.Recording.Place;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Schedule;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Decoupled blockwise local distillation of one variant (section 3).
 *
 * <p>The variant gets the parent's activations and regresses the output of the parent's whole
 * block. An attention variant has the parent's FFN, frozen, behind it; an FFN variant has the
 * parent's attention before it, whose output is on the tape already. No gradient crosses layers, so
 * every variant of every layer is a job of its own. The loss is MSE(o_parent, o_child) /
 * MSE(o_parent, 0).
 */
public final class BlockDistillation {

  /** Held-out losses around the training. */
  public record Outcome(double lossBefore, double lossAfter, int steps) {}

  private static final float[] LINEAR_FACTORS = {1, 0.5f, 0.25f, 0.125f, 0.0625f, 0};

  private final Decoder parent;
  private final int layer;
  private final RunSpec.Distillation settings;
  private final Recording recording;

  public BlockDistillation(
      Decoder parent, int layer, RunSpec.Distillation settings, Recording recording) {
    this.parent = parent;
    this.layer = layer;
    this.settings = settings;
    this.recording = recording;
  }

  /**
   * Trains {@code child} in place. Where training ends no better than the initialisation, as it can
   * for a variant that is almost the parent's own, the initialisation is kept.
   *
   * @throws DivergedException if the loss is no longer a finite number
   */
  public Outcome run(SubblockWeights child, long seed, Monitor monitor) {
    if (child.variant().form() == Variant.Form.LINEAR) {
      scale(child);
    }
    double before = heldOut(child);
    Map<String, FloatBuffer> initial = new HashMap<>();
    child.arrays().forEach((name, array) -> initial.put(name, Tensors.read(array)));
    try (NDManager manager = parent.manager().newSubManager()) {
      AdamW optimiser =
          new AdamW(child.arrays(), manager, settings.weightDecay(), settings.clipNorm());
      Schedule schedule =
          new Schedule(settings.learningRate(), settings.warmupSteps(), settings.steps());
      Tape inputs = inputs(child, Split.TRAIN);
      Tape outputs = outputs(Split.TRAIN);
      EpochOrder order = new EpochOrder(seed, inputs.sequences(), settings.batch());
      for (int step = 0; step < settings.steps(); step++) {
        int[] chosen = order.step(step);
        double loss =
            Tensors.training(
                () -> {
                  NDArray y = output(child, inputs.read(manager, chosen));
                  NDArray nmse = Losses.normalisedMse(y, outputs.read(manager, chosen));
                  Tensors.backward(nmse);
                  return (double) nmse.getFloat();
                });
        if (!Double.isFinite(loss)) {
          throw new DivergedException(
              "layer " + layer + " variant " + child.variant(),
              step,
              loss,
              settings.learningRate());
        }
        optimiser.step(schedule.rate(step));
        Steps.check(monitor, step + 1, settings.steps(), loss);
      }
      optimiser.release();
    }
    double after = heldOut(child);
    if (after >= before) {
      initial.forEach((name, values) -> Tensors.assign(child.arrays().get(name), values));
    }
    return new Outcome(before, Math.min(before, after), settings.steps());
  }

  /**
   * Scales a linear variant's matrix by the factor that fits the first batch best. The product of
   * appendix A ignores the gate, or all tokens but one, and is several times too large; scaled by 0
   * it is a no-op, so training never starts from worse than that.
   */
  private void scale(SubblockWeights child) {
    NDArray matrix = child.matrix();
    FloatBuffer product = Tensors.read(matrix);
    FloatBuffer best = product;
    double least = Double.POSITIVE_INFINITY;
    Tape inputs = inputs(child, Split.TRAIN);
    Tape outputs = outputs(Split.TRAIN);
    for (float factor : LINEAR_FACTORS) {
      FloatBuffer scaled = FloatBuffer.allocate(product.capacity());
      for (int i = 0; i < product.capacity(); i++) {
        scaled.put(i, factor * product.get(i));
      }
      Tensors.assign(matrix, scaled);
      double loss = loss(child, inputs, outputs, 0, settings.batch());
      if (loss < least) {
        least = loss;
        best = scaled;
      }
    }
    Tensors.assign(matrix, best);
  }

  /** Normalised MSE over the scoring split, mean of its batches. */
  public double heldOut(SubblockWeights child) {
    Tape inputs = inputs(child, Split.SCORING);
    Tape outputs = outputs(Split.SCORING);
    int batch = settings.batch();
    double sum = 0;
    for (int from = 0; from < inputs.sequences(); from += batch) {
      int count = Math.min(batch, inputs.sequences() - from);
      sum += count * loss(child, inputs, outputs, from, count);
    }
    return sum / inputs.sequences();
  }

  private double loss(SubblockWeights child, Tape inputs, Tape outputs, int from, int count) {
    return Tensors.inference(
        () -> {
          NDManager manager = parent.manager();
          NDArray y = output(child, inputs.read(manager, from, count));
          return (double) Losses.normalisedMse(y, outputs.read(manager, from, count)).getFloat();
        });
  }

  private NDArray output(SubblockWeights child, NDArray x) {
    return child.variant().subblock() == Subblock.ATTENTION
        ? parent.ffn(parent.weights(layer, Subblock.FFN), parent.attention(child, x))
        : parent.ffn(child, x);
  }

  private Tape inputs(SubblockWeights child, Split split) {
    boolean attention = child.variant().subblock() == Subblock.ATTENTION;
    return recording.tape(layer, split, attention ? Place.INPUT : Place.MIDDLE);
  }

  private Tape outputs(Split split) {
    return recording.tape(layer + 1, split, Place.INPUT);
  }
}

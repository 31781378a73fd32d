package puzzle.engine.distil;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
 * Blockwise local distillation of one variant, or of an attention and an FFN variant together
 * (section 3).
 *
 * <p>The block under training gets the parent's activations and regresses the output of the
 * parent's whole block; the loss is MSE(o_parent, o_child) / MSE(o_parent, 0). <em>Decoupled</em>:
 * one half is trained, the other is the parent's, frozen; before an FFN variant the parent's
 * attention need not be run, its output is on the tape. <em>Coupled</em>: both halves are replaced
 * and trained together. No gradient crosses layers, so every variant and every pair of every layer
 * is a job of its own.
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
   * Decoupled: trains one variant in place, the other half being the parent's. Where training ends
   * no better than the initialisation, as it can for a variant that is almost the parent's own, the
   * initialisation is kept.
   *
   * @throws DivergedException if the loss is no longer a finite number
   */
  public Outcome run(SubblockWeights child, long seed, Monitor monitor) {
    if (child.variant().form() == Variant.Form.LINEAR) {
      scale(child);
    }
    return train(Trainee.of(child), seed, monitor);
  }

  /**
   * Coupled: trains both halves of a block in place, each starting from its own decoupled training
   * or from its initialisation. A no-op has nothing to train, but the other half learns to do
   * without it. Where training ends no better than it began, the beginning is kept.
   *
   * @throws DivergedException if the loss is no longer a finite number
   */
  public Outcome run(SubblockWeights attention, SubblockWeights ffn, long seed, Monitor monitor) {
    return train(new Trainee(attention, ffn), seed, monitor);
  }

  /**
   * What is trained.
   *
   * @param attention null where it is the parent's
   * @param ffn null where it is the parent's
   */
  private record Trainee(SubblockWeights attention, SubblockWeights ffn) {

    static Trainee of(SubblockWeights half) {
      return half.variant().subblock() == Subblock.ATTENTION
          ? new Trainee(half, null)
          : new Trainee(null, half);
    }

    /** Both halves' arrays; their names differ. */
    Map<String, NDArray> arrays() {
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      if (attention != null) {
        arrays.putAll(attention.arrays());
      }
      if (ffn != null) {
        arrays.putAll(ffn.arrays());
      }
      return arrays;
    }

    String name() {
      return attention == null
          ? ffn.variant().name()
          : ffn == null
              ? attention.variant().name()
              : attention.variant().name() + "+" + ffn.variant().name();
    }
  }

  private Outcome train(Trainee child, long seed, Monitor monitor) {
    double before = heldOut(child);
    Map<String, NDArray> arrays = child.arrays();
    Map<String, FloatBuffer> initial = new HashMap<>();
    arrays.forEach((name, array) -> initial.put(name, Tensors.read(array)));
    try (NDManager manager = parent.manager().newSubManager()) {
      AdamW optimiser = new AdamW(arrays, manager, settings.weightDecay(), settings.clipNorm());
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
              "layer " + layer + " variant " + child.name(), step, loss, settings.learningRate());
        }
        optimiser.step(schedule.rate(step));
        Steps.check(monitor, step + 1, settings.steps(), loss);
      }
      optimiser.release();
    }
    double after = heldOut(child);
    if (after >= before) {
      initial.forEach((name, values) -> Tensors.assign(arrays.get(name), values));
    }
    return new Outcome(before, Math.min(before, after), settings.steps());
  }

  /**
   * Scales a linear variant's matrix by the factor that fits the first batch best. The product of
   * appendix A ignores the gate, or all tokens but one, and is several times too large; scaled by 0
   * it is a no-op, so training never starts from worse than that.
   */
  public void scale(SubblockWeights child) {
    NDArray matrix = child.matrix();
    FloatBuffer product = Tensors.read(matrix);
    FloatBuffer best = product;
    double least = Double.POSITIVE_INFINITY;
    Trainee trainee = Trainee.of(child);
    Tape inputs = inputs(trainee, Split.TRAIN);
    Tape outputs = outputs(Split.TRAIN);
    for (float factor : LINEAR_FACTORS) {
      FloatBuffer scaled = FloatBuffer.allocate(product.capacity());
      for (int i = 0; i < product.capacity(); i++) {
        scaled.put(i, factor * product.get(i));
      }
      Tensors.assign(matrix, scaled);
      double loss = loss(trainee, inputs, outputs, 0, settings.batch());
      if (loss < least) {
        least = loss;
        best = scaled;
      }
    }
    Tensors.assign(matrix, best);
  }

  /** Normalised MSE over the scoring split, mean of its batches. */
  public double heldOut(SubblockWeights child) {
    return heldOut(Trainee.of(child));
  }

  private double heldOut(Trainee child) {
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

  private double loss(Trainee child, Tape inputs, Tape outputs, int from, int count) {
    return Tensors.inference(
        () -> {
          NDManager manager = parent.manager();
          NDArray y = output(child, inputs.read(manager, from, count));
          return (double) Losses.normalisedMse(y, outputs.read(manager, from, count)).getFloat();
        });
  }

  private NDArray output(Trainee child, NDArray x) {
    NDArray middle = child.attention == null ? x : parent.attention(child.attention, x);
    return parent.ffn(child.ffn == null ? parent.weights(layer, Subblock.FFN) : child.ffn, middle);
  }

  /** A block with the parent's own attention begins behind it. */
  private Tape inputs(Trainee child, Split split) {
    return recording.tape(layer, split, child.attention == null ? Place.MIDDLE : Place.INPUT);
  }

  private Tape outputs(Split split) {
    return recording.tape(layer + 1, split, Place.INPUT);
  }
}

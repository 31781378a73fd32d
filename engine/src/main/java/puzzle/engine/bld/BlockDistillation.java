package puzzle.engine.bld;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.EpochOrder;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.DivergedException;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Tape;
import puzzle.engine.surgery.Initialisation;
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

  /**
   * Held-out losses around the training.
   *
   * @param steps done, fewer than asked for where the loss fell no further
   * @param rollbacks how often the training went back from a loss that was no number
   */
  public record Outcome(double lossBefore, double lossAfter, int steps, int rollbacks) {}

  /**
   * Untrained weights.
   *
   * @param how which of several ways they were made, null if there is but one
   */
  public record Beginning(SubblockWeights weights, String how) {}

  private static final float[] LINEAR_FACTORS = {1, 0.5f, 0.25f, 0.125f, 0.0625f, 0};

  private final Decoder parent;
  private final int layer;
  private final RunSpec.Bld settings;
  private final Recording recording;
  private TrainingCheckpoint checkpoint;

  public BlockDistillation(Decoder parent, int layer, RunSpec.Bld settings, Recording recording) {
    this.parent = parent;
    this.layer = layer;
    this.settings = settings;
    this.recording = recording;
  }

  /** Goes on from the last state kept there, and keeps states there on the way. */
  public BlockDistillation keeping(TrainingCheckpoint last) {
    checkpoint = last;
    return this;
  }

  /**
   * Makes a variant's untrained weights in every way there is and takes those whose loss on the
   * first batch is least, of equal ones the first. A linear variant is not scaled yet.
   */
  public Beginning begin(Initialisation initialisation, Variant variant) {
    List<Initialisation.Heads> choices = initialisation.choices(variant);
    if (choices.isEmpty()) {
      return new Beginning(initialisation.create(parent.manager(), variant), null);
    }
    SubblockWeights best = null;
    Initialisation.Heads how = null;
    double least = Double.POSITIVE_INFINITY;
    for (Initialisation.Heads heads : choices) {
      SubblockWeights made = initialisation.create(parent.manager(), variant, heads);
      double loss = choices.size() == 1 ? 0 : firstBatch(Trainee.of(made));
      if (best == null || loss < least) {
        if (best != null) {
          best.close();
        }
        best = made;
        how = heads;
        least = loss;
      } else {
        made.close();
      }
    }
    return new Beginning(best, how.toString());
  }

  /**
   * Decoupled: trains one variant in place, the other half being the parent's. Where training ends
   * no better than the initialisation, as it can for a variant that is almost the parent's own, the
   * initialisation is kept.
   *
   * @throws DivergedException if the loss is no longer a finite number
   */
  public Outcome run(SubblockWeights child, long seed, Monitor monitor) {
    if (child.variant().kind() == Variant.Kind.LINEAR) {
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
   * @param attention null if it is the parent's
   * @param ffn null if it is the parent's
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
    Recording.Training tapes = training(child);
    EpochOrder order = new EpochOrder(seed, tapes.inputs().sequences(), settings.batch());
    try (NDManager manager = parent.manager().newSubManager()) {
      GuardedTraining.Objective objective =
          new GuardedTraining.Objective() {
            @Override
            public double backward(int step) {
              return accumulate(child, tapes, order.step(step), manager);
            }

            @Override
            public double heldOut() {
              return BlockDistillation.this.heldOut(child);
            }
          };
      return new GuardedTraining(
              "layer " + layer + " variant " + child.name(),
              settings,
              child.arrays(),
              objective,
              checkpoint)
          .run(manager, monitor);
    }
  }

  /** Adds up the gradients of one batch, a micro-batch at a time, and returns its loss. */
  private double accumulate(
      Trainee child, Recording.Training tapes, int[] chosen, NDManager manager) {
    int part = settings.safeguards().microBatch();
    if (part == 0 || part >= chosen.length) {
      return backward(child, tapes, chosen, manager, Double.NaN);
    }
    double squares = tapes.outputs().squares(chosen);
    double loss = 0;
    for (int from = 0; from < chosen.length; from += part) {
      int[] some = Arrays.copyOfRange(chosen, from, Math.min(chosen.length, from + part));
      loss += backward(child, tapes, some, manager, squares);
    }
    return loss;
  }

  /**
   * @param squares of the parent's output over the whole batch, NaN if this is the whole
   */
  private double backward(
      Trainee child, Recording.Training tapes, int[] chosen, NDManager manager, double squares) {
    return Tensors.training(
        () -> {
          NDArray y = output(child, tapes.inputs().read(manager, chosen));
          NDArray o = tapes.outputs().read(manager, chosen);
          NDArray loss =
              Double.isNaN(squares)
                  ? Losses.normalisedMse(y, o)
                  : Losses.normalisedMse(y, o, squares);
          Tensors.backward(loss);
          return (double) loss.getFloat();
        });
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
    for (float factor : LINEAR_FACTORS) {
      FloatBuffer scaled = FloatBuffer.allocate(product.capacity());
      for (int i = 0; i < product.capacity(); i++) {
        scaled.put(i, factor * product.get(i));
      }
      Tensors.assign(matrix, scaled);
      double loss = firstBatch(Trainee.of(child));
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
    Recording.Training tapes = recording.heldOut(layer, begin(child), parent);
    Tape inputs = tapes.inputs();
    Tape outputs = tapes.outputs();
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

  /** Loss on the first sequences of the tape. */
  private double firstBatch(Trainee child) {
    Recording.Training tapes = training(child);
    return loss(child, tapes.inputs(), tapes.outputs(), 0, settings.batch());
  }

  private Recording.Training training(Trainee child) {
    return recording.training(layer, begin(child), parent, settings.safeguards().tapeBytes());
  }

  /** A block with the parent's own attention begins behind it. */
  private static Place begin(Trainee child) {
    return child.attention == null ? Place.MIDDLE : Place.INPUT;
  }
}

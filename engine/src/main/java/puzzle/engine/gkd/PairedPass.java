package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Gradients;
import puzzle.engine.nn.HeadChunks;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Tensors;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Gkd.Loss;
import puzzle.model.SignOfLife;

/**
 * Takes some micro-batches through parent and child, and gradients back, a layer at a time: all
 * micro-batches are through with a layer before the next one begins, so that a model larger than
 * memory is read once.
 *
 * <p>Between layers a graph ends and the next one begins. On the way back each layer's is
 * differentiated by itself: its output times the gradient that the layers above have for it, plus
 * the cosine term of its input, which so meets the other parts of that input's gradient in the
 * order they have in one graph over all layers. A layer's graph is kept from the way there or,
 * where memory is short, made again from the layer's input; the bits are the same.
 */
final class PairedPass implements AutoCloseable {

  /**
   * Sequences that go through at once.
   *
   * @param ids one token longer than the states
   * @param share of the loss of a step
   */
  record MicroBatch(int[][] ids, double share) {}

  /** A layer of one micro-batch. */
  private record Graph(NDArray input, TrainedChild.Leaves weights, NDArray output) {
    Graph keptIn(NDManager manager) {
      Tensors.detached(manager, () -> input);
      Tensors.detached(manager, () -> output);
      weights.forEach((name, leaf) -> Tensors.detached(manager, () -> leaf));
      return this;
    }
  }

  private final Decoder parent;
  private final TrainedChild child;
  private final HeadLoss head;
  private final List<MicroBatch> batches;
  private final boolean compared;
  private final boolean cosine;
  private final NDManager kept;
  private final int layers;

  /** The child's states, by layer whose input they are, then micro-batch; the parent's. */
  private final NDArray[][] states;

  private final NDArray[][] references;
  private final Graph[][] graphs;

  PairedPass(Decoder parent, TrainedChild child, RunSpec.Gkd settings, List<MicroBatch> batches) {
    this(parent, child, settings, batches, HeadChunks.tokens(child.config().vocabSize()));
  }

  /**
   * @param headTokens tokens that go through a head at once
   */
  PairedPass(
      Decoder parent,
      TrainedChild child,
      RunSpec.Gkd settings,
      List<MicroBatch> batches,
      int headTokens) {
    this.parent = parent;
    this.child = child;
    this.head = new HeadLoss(parent, child, settings, headTokens);
    this.batches = batches;
    this.cosine = settings.losses().contains(Loss.COSINE);
    this.compared = cosine || settings.losses().contains(Loss.KLD);
    this.kept = child.manager().newSubManager();
    this.layers = child.config().layers();
    this.states = new NDArray[layers + 1][batches.size()];
    this.references = new NDArray[layers + 1][batches.size()];
    this.graphs = new Graph[layers][batches.size()];
  }

  /** Adds up gradients in the child; returns each micro-batch's share of the loss. */
  float[] train() {
    forward(compared, true);
    float[][] terms = new float[batches.size()][layers + 2];
    NDArray[] gradients = new NDArray[batches.size()];
    for (int b = 0; b < gradients.length; b++) {
      MicroBatch batch = batches.get(b);
      gradients[b] =
          head.backward(
              states[layers][b], references[layers][b], batch.ids, batch.share, terms[b], kept);
      SignOfLife.give();
    }
    for (int layer = layers - 1; layer >= 0; layer--) {
      for (int b = 0; b < gradients.length; b++) {
        NDArray above = gradients[b];
        gradients[b] = backward(layer, b, above, terms[b]);
        above.close();
        SignOfLife.give();
      }
    }
    float[] losses = new float[gradients.length];
    for (int b = 0; b < gradients.length; b++) {
      child.addEmbedding(batches.get(b).ids, gradients[b]);
      losses[b] = sum(terms[b]);
      if (batches.get(b).share < 1) {
        losses[b] *= (float) batches.get(b).share;
      }
    }
    return losses;
  }

  /** What is measured of each micro-batch, with nothing trained. */
  List<HeadLoss.Measured> measure() {
    forward(true, false);
    List<HeadLoss.Measured> measured = new ArrayList<>();
    for (int b = 0; b < batches.size(); b++) {
      measured.add(head.measure(states[layers][b], references[layers][b], batches.get(b).ids));
      SignOfLife.give();
    }
    return measured;
  }

  private void forward(boolean withParent, boolean training) {
    for (int b = 0; b < batches.size(); b++) {
      int[][] ids = batches.get(b).ids;
      states[0][b] = kept(() -> child.embed(ids));
      if (withParent) {
        NDManager manager = parent.manager();
        references[0][b] =
            kept(() -> parent.embed(Tensors.ids(manager, ids, 0, ids[0].length - 1)));
      }
    }
    for (int layer = 0; layer < layers; layer++) {
      for (int b = 0; b < batches.size(); b++) {
        if (withParent) {
          forwardParent(layer, b, training && cosine);
        }
        forwardChild(layer, b, training);
        SignOfLife.give();
      }
    }
  }

  private void forwardParent(int layer, int b, boolean keepInput) {
    NDArray x = references[layer][b];
    references[layer + 1][b] = kept(() -> parent.layer(layer, x));
    if (!keepInput) {
      x.close();
    }
  }

  private void forwardChild(int layer, int b, boolean training) {
    NDArray x = states[layer][b];
    if (training && child.whole()) {
      graphs[layer][b] = Tensors.training(() -> graph(layer, b).keptIn(kept));
      states[layer + 1][b] = kept(() -> graphs[layer][b].output);
    } else {
      states[layer + 1][b] = kept(() -> child.layer(layer).apply(x));
      if (!training) {
        x.close();
      }
    }
  }

  private Graph graph(int layer, int b) {
    NDArray input = Gradients.leaf(states[layer][b]);
    TrainedChild.Leaves weights = child.layer(layer);
    return new Graph(input, weights, weights.apply(input));
  }

  /**
   * Backpropagates through one layer into its parameters.
   *
   * @param above gradient of the layer's output
   * @return of its input
   */
  private NDArray backward(int layer, int b, NDArray above, float[] terms) {
    return Tensors.training(
        () -> {
          Graph graph = child.whole() ? graphs[layer][b] : graph(layer, b);
          NDArray loss = null;
          if (cosine && layer > 0) {
            NDArray mean = Losses.cosine(graph.input, references[layer][b]);
            terms[layer - 1] = mean.getFloat();
            double share = batches.get(b).share;
            loss = share < 1 ? mean.mul(Tensors.scalar(child.manager(), share)) : mean;
          }
          NDArray rest = Gradients.handedOn(graph.output, above);
          Tensors.backward(loss == null ? rest : loss.add(rest));
          graph.weights.addGradients();
          return Tensors.detached(kept, () -> Tensors.gradient(graph.input));
        });
  }

  /** As a constant that outlives the work, even where a layer gives back its input. */
  private NDArray kept(Supplier<NDArray> work) {
    return Tensors.inference(() -> Tensors.detached(kept, () -> Gradients.fixed(work.get())));
  }

  private static float sum(float[] terms) {
    float sum = 0;
    for (float term : terms) {
      sum += term;
    }
    return sum;
  }

  @Override
  public void close() {
    kept.close();
  }
}

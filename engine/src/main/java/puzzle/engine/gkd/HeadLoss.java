package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Gradients;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Tensors;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Gkd.Loss;
import puzzle.model.SignOfLife;

/**
 * The losses of the last state, those over the vocabulary among them, and their gradients. They are
 * means over tokens, so they are computed for some tokens at a time: of the logits of a batch only
 * a chunk is ever there. A chunk's gradient goes back through the head at once.
 *
 * <p>With all tokens in one chunk the gradients are those of the whole loss to the bit.
 *
 * @param tokens of a chunk
 */
record HeadLoss(Decoder parent, TrainedChild child, RunSpec.Gkd settings, int tokens) {

  /**
   * What the tokens at hand are of all.
   *
   * @param ofLoss how much of the loss is propagated
   * @param ofMean how much they add to a mean
   */
  private record Share(double ofLoss, float ofMean) {

    /** Adds the value to one of the terms, counted from the end; returns the loss to propagate. */
    NDArray of(NDArray mean, float[] terms, int fromEnd) {
      terms[terms.length - fromEnd] += ofMean * mean.getFloat();
      return ofLoss < 1 ? mean.mul(Tensors.scalar(mean.getManager(), ofLoss)) : mean;
    }
  }

  /**
   * Backpropagates the losses of the last state into the head and the final norm.
   *
   * @param x the child's last state, [batch, tokens, hidden]
   * @param reference the parent's, or null if no loss compares with it
   * @param ids of the batch, one token longer than the states
   * @param ofLoss the share of the loss that is propagated
   * @param terms the values, means over tokens, go to the last three: cosine, KL, next token
   * @return the gradient of {@code x}, which belongs to {@code kept}
   */
  NDArray backward(
      NDArray x, NDArray reference, int[][] ids, double ofLoss, float[] terms, NDManager kept) {
    int length = ids[0].length - 1;
    int all = ids.length * length;
    if (all <= tokens) {
      Share share = new Share(ofLoss, 1);
      return Tensors.training(
          () -> {
            NDArray targets = Tensors.ids(child.manager(), ids, 1, length);
            return Tensors.detached(kept, () -> part(x, reference, targets, share, terms));
          });
    }
    NDArray gradient = Tensors.detached(kept, () -> Tensors.zeros(kept, x.getShape().getShape()));
    for (int from = 0; from < all; from += tokens) {
      int first = from;
      int count = Math.min(tokens, all - from);
      Share share = new Share(ofLoss * count / all, (float) count / all);
      Tensors.training(
          () -> {
            NDArray some = reference == null ? null : some(reference, first, count);
            NDArray targets = targets(ids, first, count);
            Tensors.copy(
                part(some(x, first, count), some, targets, share, terms),
                some(gradient, first, count));
            return null;
          });
      SignOfLife.give();
    }
    return gradient;
  }

  /** Backpropagates what some tokens add to the losses; returns the gradient of their states. */
  private NDArray part(
      NDArray states, NDArray reference, NDArray targets, Share share, float[] terms) {
    NDArray x = Gradients.leaf(states);
    NDArray norm = Gradients.leaf(child.parameters().get(TensorLayout.NORM));
    NDArray normed = child.normed(x, norm);
    NDArray graph = null;
    if (settings.losses().contains(Loss.COSINE)) {
      graph = share.of(Losses.cosine(x, reference), terms, 3);
    }
    NDArray fixed = Gradients.fixed(normed);
    NDArray behind = logitsGradient(fixed, reference, targets, share, terms);
    if (behind != null) {
      NDArray rest = Gradients.handedOn(normed, child.throughHead(fixed, behind));
      graph = graph == null ? rest : graph.add(rest);
    }
    Tensors.backward(graph);
    child.add(TensorLayout.NORM, norm);
    return Tensors.gradient(x);
  }

  /** Of the losses that are functions of the logits; null if there are none. */
  private NDArray logitsGradient(
      NDArray normed, NDArray reference, NDArray targets, Share share, float[] terms) {
    boolean kld = settings.losses().contains(Loss.KLD);
    boolean lm = settings.losses().contains(Loss.LM);
    if (!kld && !lm) {
      return null;
    }
    NDArray logits = Gradients.leaf(Tensors.paused(() -> child.logits(normed)));
    SignOfLife.give();
    NDArray loss = null;
    if (kld) {
      NDArray parentLogits = Tensors.paused(() -> parent.logits(reference));
      SignOfLife.give();
      NDArray kl = Losses.kl(logits, parentLogits, settings.temperature()).mean();
      loss = share.of(kl, terms, 2);
    }
    if (lm) {
      NDArray nll = share.of(Losses.nll(logits, targets).mean(), terms, 1);
      loss = loss == null ? nll : loss.add(nll);
    }
    Tensors.backward(loss);
    SignOfLife.give();
    return Tensors.gradient(logits);
  }

  /**
   * Sums over sequences of what is measured of each, means over tokens.
   *
   * @param kl KL(parent || child)
   * @param nll next-token loss; 0 if it is not trained on
   */
  record Measured(double kl, double nll) {}

  /** Measures a batch; parameters as in {@link #backward}. */
  Measured measure(NDArray x, NDArray reference, int[][] ids) {
    int length = ids[0].length - 1;
    int all = ids.length * length;
    if (all <= tokens) {
      return Tensors.inference(
          () -> measured(x, reference, Tensors.ids(child.manager(), ids, 1, length)));
    }
    double kl = 0;
    double nll = 0;
    for (int from = 0; from < all; from += tokens) {
      int first = from;
      int count = Math.min(tokens, all - from);
      Measured mean =
          Tensors.inference(
              () ->
                  measured(
                      some(x, first, count),
                      some(reference, first, count),
                      targets(ids, first, count)));
      kl += mean.kl * count / length;
      nll += mean.nll * count / length;
      SignOfLife.give();
    }
    return new Measured(kl, nll);
  }

  private Measured measured(NDArray x, NDArray reference, NDArray targets) {
    NDArray norm = child.parameters().get(TensorLayout.NORM);
    NDArray logits = child.logits(child.normed(x, norm));
    float kl = Losses.kl(logits, parent.logits(reference)).sum().getFloat();
    boolean lm = settings.losses().contains(Loss.LM);
    return new Measured(kl, lm ? Losses.nll(logits, targets).sum().getFloat() : 0);
  }

  /** Consecutive tokens of a batch, over the borders of its sequences: [1, count, hidden]. */
  private static NDArray some(NDArray x, int first, int count) {
    NDArray all = x.reshape(1, -1, x.getShape().get(2));
    return all.get(new NDIndex(":, {}:{}", first, first + count));
  }

  private NDArray targets(int[][] ids, int first, int count) {
    int length = ids[0].length - 1;
    int[][] some = new int[1][count];
    for (int i = 0; i < count; i++) {
      some[0][i] = ids[(first + i) / length][(first + i) % length + 1];
    }
    return Tensors.ids(child.manager(), some, 0, count);
  }
}

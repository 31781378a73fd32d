package puzzle.engine.pretrain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Iterator;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Schedule;
import puzzle.engine.nn.Tensors;

/**
 * Next-token training of a whole decoder with AdamW, warm-up and cosine decay.
 *
 * @param batch sequences per step
 * @param steps optimiser steps
 */
public record Pretraining(
    int batch,
    int steps,
    int warmupSteps,
    double learningRate,
    double weightDecay,
    double clipNorm) {

  /** Told after each step. */
  public interface Listener {
    /**
     * @param loss of the step's batch, nats per token
     */
    void step(int step, double loss);
  }

  /** Trains in place on packed sequences of tokens+1 ids: the first predict the rest. */
  public void run(Decoder decoder, Iterator<int[]> sequences, Listener listener) {
    NDManager manager = decoder.manager();
    AdamW optimiser = new AdamW(decoder.parameters(), manager, weightDecay, clipNorm);
    Schedule schedule = new Schedule(learningRate, warmupSteps, steps);
    int[][] ids = new int[batch][];
    for (int step = 0; step < steps; step++) {
      for (int i = 0; i < batch; i++) {
        ids[i] = sequences.next();
      }
      double loss =
          Tensors.training(
              () -> {
                NDArray mean = nll(decoder, ids).mean();
                Tensors.backward(mean);
                return (double) mean.getFloat();
              });
      optimiser.step(schedule.rate(step));
      listener.step(step, loss);
    }
    optimiser.release();
  }

  /** Held-out loss, nats per token. */
  public static double evaluate(Decoder decoder, int[][] sequences, int batch) {
    double sum = 0;
    for (int from = 0; from < sequences.length; from += batch) {
      int[][] ids = Arrays.copyOfRange(sequences, from, Math.min(from + batch, sequences.length));
      sum += Tensors.inference(() -> nll(decoder, ids).sum().getFloat());
    }
    return sum / sequences.length;
  }

  private static NDArray nll(Decoder decoder, int[][] ids) {
    NDManager manager = decoder.manager();
    int tokens = ids[0].length - 1;
    NDArray x = decoder.embed(Tensors.ids(manager, ids, 0, tokens));
    for (int layer = 0; layer < decoder.config().layers(); layer++) {
      x = decoder.layer(layer, x);
    }
    return Losses.nll(decoder.logits(x), Tensors.ids(manager, ids, 1, tokens));
  }
}

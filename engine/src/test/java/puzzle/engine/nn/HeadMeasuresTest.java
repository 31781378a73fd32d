package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.HeadMeasures.Final;

/** A head in chunks of tokens says what it says of all tokens at once. */
class HeadMeasuresTest {

  private static final int BATCH = 3;
  private static final int TOKENS = 11;
  private static final HeadMeasures WHOLE = new HeadMeasures(BATCH * TOKENS);

  private final DecoderConfig config = SmallModels.llama();
  private final Decoder parent = Decoder.load(config, SmallModels.weights(config, 1), TOKENS);
  private final Decoder child = Decoder.load(config, SmallModels.weights(config, 2), TOKENS);
  private final NDManager manager = parent.manager();
  private final NDArray targets =
      Tensors.ids(manager, SmallModels.tokens(BATCH, TOKENS, config.vocabSize(), 3), 0, TOKENS);
  private final Final own = new Final(child, states(4));
  private final Final theirs = new Final(parent, states(5));

  @AfterEach
  void close() {
    parent.close();
    child.close();
  }

  @Test
  void chunksOfAnySizeGiveTheMeasuresOfTheWhole() {
    float[][] quality = WHOLE.quality(own, theirs, targets, 3);
    float[][] nll = {WHOLE.nll(own, targets)};
    float[][] graded = WHOLE.graded(own, targets);
    float[][] against = WHOLE.against(own, theirs, targets);
    for (int chunk : new int[] {1, 4, TOKENS, BATCH * TOKENS - 1}) {
      HeadMeasures parts = new HeadMeasures(chunk);
      assertClose(quality, parts.quality(own, theirs, targets, 3));
      assertClose(nll, new float[][] {parts.nll(own, targets)});
      assertClose(graded, parts.graded(own, targets));
      assertClose(against, parts.against(own, theirs, targets));
    }
  }

  @Test
  void theWholeIsWhatTheLossesSayToTheBit() {
    float[][] quality = new HeadMeasures(1 << 20).quality(own, theirs, targets, 1);
    Tensors.inference(
        () -> {
          NDArray q = child.logits(own.states());
          NDArray p = parent.logits(theirs.states());
          assertArrayEquals(Losses.kl(q, p).toFloatArray(), quality[0]);
          assertArrayEquals(Losses.nll(q, targets).toFloatArray(), quality[1]);
          assertArrayEquals(Losses.nll(p, targets).toFloatArray(), quality[2]);
          assertArrayEquals(Losses.nll(q, targets).toFloatArray(), WHOLE.nll(own, targets));
          return null;
        });
  }

  @Test
  void wordByWordItIsWhatTheLogitsSay() {
    float[] q = Tensors.inference(() -> child.logits(own.states()).toFloatArray());
    float[] p = Tensors.inference(() -> parent.logits(theirs.states()).toFloatArray());
    long[] next = targets.toLongArray();
    float[][] against = new HeadMeasures(5).against(own, theirs, targets);
    int words = config.vocabSize();
    for (int t = 0; t < next.length; t++) {
      double[] logQ = logSoftmax(q, t * words, words);
      double[] logP = logSoftmax(p, t * words, words);
      double kl = 0;
      for (int w = 0; w < words; w++) {
        kl += Math.exp(logP[w]) * (logP[w] - logQ[w]);
      }
      assertEquals(logQ[(int) next[t]], against[0][t], 1e-5);
      assertEquals(best(logQ) == next[t] ? 1 : 0, against[1][t]);
      assertEquals(kl, against[2][t], 1e-5);
      assertEquals(best(logQ) == best(logP) ? 1 : 0, against[3][t]);
    }
  }

  private NDArray states(long seed) {
    Random random = new Random(seed);
    float[] x = new float[BATCH * TOKENS * config.hiddenSize()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return Tensors.fp32(manager, x, BATCH, TOKENS, config.hiddenSize());
  }

  private static void assertClose(float[][] expected, float[][] actual) {
    for (int row = 0; row < expected.length; row++) {
      assertEquals(expected[row].length, actual[row].length);
      for (int i = 0; i < expected[row].length; i++) {
        assertEquals(expected[row][i], actual[row][i], 1e-6 * Math.abs(expected[row][i]) + 1e-9);
      }
    }
  }

  private static double[] logSoftmax(float[] logits, int from, int words) {
    double sum = 0;
    for (int w = 0; w < words; w++) {
      sum += Math.exp(logits[from + w]);
    }
    double[] logs = new double[words];
    for (int w = 0; w < words; w++) {
      logs[w] = logits[from + w] - Math.log(sum);
    }
    return logs;
  }

  private static int best(double[] logs) {
    int best = 0;
    for (int w = 1; w < logs.length; w++) {
      best = logs[w] > logs[best] ? w : best;
    }
    return best;
  }
}

package puzzle.engine.surgery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.LowRankFfn;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SmallModels;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.surgery.Initialisation.Heads;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

class InitialisationTest {

  private static final int TOKENS = 9;

  @Test
  void keptHeadsGiveWhatTheyGaveAndTheQueriesOfTheOthersNothing() {
    for (DecoderConfig config :
        List.of(
            config(12, 6, false, false), config(8, 4, true, false), config(12, 4, false, true))) {
      float[] contribution = new float[config.kvHeads()];
      for (int head = 0; head < contribution.length; head++) {
        contribution[head] = head == 1 ? 9 : head == config.kvHeads() - 1 ? 8 : head;
      }
      for (int heads = 1; heads < config.kvHeads(); heads++) {
        if (config.heads() % heads == 0) {
          check(config, contribution, heads);
        }
      }
    }
  }

  @Test
  void aLowRankFfnBeginsWithTheNearestProductsAndAtFullRankIsTheParents() {
    DecoderConfig config = SmallModels.llama();
    try (Decoder model = Decoder.load(config, SmallModels.weights(config, 3), TOKENS)) {
      SubblockWeights own = model.weights(0, Subblock.FFN);
      Initialisation initialisation = new Initialisation(config, own, null);
      double before = Double.POSITIVE_INFINITY;
      for (int rank : new int[] {4, 12, config.hiddenSize()}) {
        SubblockWeights child =
            initialisation.create(model.manager(), Variant.parse("ffn-40-rank-" + rank));
        double error =
            Tensors.inference(
                () -> {
                  double sum = 0;
                  for (String projection : LowRankFfn.projections()) {
                    NDArray a = child.arrays().get(LowRankFfn.left(projection));
                    NDArray b = child.arrays().get(LowRankFfn.right(projection));
                    NDArray w = own.arrays().get(projection + ".weight");
                    sum += a.matMul(b).sub(w).square().sum().getFloat();
                  }
                  return sum;
                });
        assertTrue(error < before, "rank " + rank + ": " + error);
        before = error;
      }
      assertEquals(0, before, 1e-6);
    }
  }

  private static void check(DecoderConfig config, float[] contribution, int heads) {
    try (Decoder model = Decoder.load(config, SmallModels.weights(config, 3), TOKENS)) {
      NDManager manager = model.manager();
      SubblockWeights own = model.weights(0, Subblock.ATTENTION);
      Initialisation initialisation = new Initialisation(config, own, contribution);
      SubblockWeights child = initialisation.create(manager, Variant.attention(heads), Heads.KEPT);
      FloatBuffer actual = output(model, child);
      Set<Integer> kept = Set.copyOf(box(Initialisation.kept(contribution, heads)));
      withoutOtherHeads(config, own, kept);
      FloatBuffer expected = output(model, own);
      for (int i = 0; i < expected.remaining(); i++) {
        assertEquals(expected.get(i), actual.get(i), 1e-4, heads + " heads, element " + i);
      }
    }
  }

  @Test
  void headsArePooledWhereGroupsAreEqualAndKeptWhereTheirContributionIsKnown() {
    DecoderConfig config = config(12, 6, false, false);
    try (Decoder model = Decoder.load(config, SmallModels.weights(config, 3), TOKENS)) {
      SubblockWeights own = model.weights(0, Subblock.ATTENTION);
      Initialisation known = new Initialisation(config, own, new float[6]);
      Initialisation unknown = new Initialisation(config, own, null);
      assertEquals(List.of(Heads.POOLED, Heads.KEPT), known.choices(Variant.attention(3)));
      assertEquals(List.of(Heads.KEPT), known.choices(Variant.attention(4)));
      assertEquals(List.of(Heads.POOLED), unknown.choices(Variant.attention(3)));
      assertEquals(List.of(), known.choices(Variant.linear(Subblock.ATTENTION)));
    }
  }

  @Test
  void aHeadContributesWhatItsQueriesGiveTimesTheirColumns() {
    // Two channels a query, two queries a KV head; W_o has one row.
    double[] activity = {2, 4, 6, 8, 10, 12, 14, 16};
    double[] squares = {1, 1, 1, 1, 0, 0, 9, 0};
    float[] contribution = Initialisation.headContribution(activity, squares, 2, 2);
    assertEquals(10, contribution[0]);
    assertEquals(21, contribution[1]);
  }

  private static FloatBuffer output(Decoder model, SubblockWeights weights) {
    Random random = new Random(5);
    float[] x = new float[2 * TOKENS * model.config().hiddenSize()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    FloatBuffer y =
        Tensors.inference(
            () -> {
              NDArray in = Tensors.fp32(model.manager(), x, 2, TOKENS, model.config().hiddenSize());
              return Tensors.read(model.attention(weights, in));
            });
    assertTrue(y.remaining() == x.length);
    return y;
  }

  /** Sets the columns of W_o to zero that belong to queries of other KV heads. */
  private static void withoutOtherHeads(
      DecoderConfig config, SubblockWeights own, Set<Integer> kept) {
    NDArray array = own.arrays().get("self_attn.o_proj.weight");
    FloatBuffer values = Tensors.read(array);
    int width = config.heads() * config.headSize();
    int perKvHead = width / config.kvHeads();
    for (int i = 0; i < values.remaining(); i++) {
      if (!kept.contains(i % width / perKvHead)) {
        values.put(i, 0);
      }
    }
    Tensors.assign(array, values);
  }

  private static List<Integer> box(int[] values) {
    return java.util.Arrays.stream(values).boxed().toList();
  }

  private static DecoderConfig config(int heads, int kvHeads, boolean bias, boolean qkNorm) {
    Block block = new Block(Variant.attention(kvHeads), Variant.ffn(20));
    String family = bias ? "qwen2" : qkNorm ? "qwen3" : "llama";
    return new DecoderConfig(
        family,
        31,
        24,
        heads,
        4,
        1e-5,
        10_000,
        null,
        64,
        false,
        bias,
        qkNorm,
        Architecture.uniform(block, 1));
  }
}

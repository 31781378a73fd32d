package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.WeightSource;
import puzzle.model.Precision;
import puzzle.model.Subblock;
import puzzle.model.Variant;

class LayerByLayerTest {

  private static final int TOKENS = 9;
  private static final int SEQUENCES = 7;

  static Stream<DecoderConfig> families() {
    return Stream.of(
        SmallModels.llama(), SmallModels.qwen2(), SmallModels.qwen3(), SmallModels.child());
  }

  /** Notes what is read, in order. */
  private record Watched(WeightSource of, List<String> read) implements WeightSource {
    @Override
    public Set<String> names() {
      return of.names();
    }

    @Override
    public long[] shape(String name) {
      return of.shape(name);
    }

    @Override
    public FloatBuffer fp32(String name) {
      read.add(name);
      return of.fp32(name);
    }

    @Override
    public void read(String name, long first, FloatBuffer into) {
      read.add(name);
      of.read(name, first, into);
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void givesTheSameBitsAsTheWholeModel(DecoderConfig config) {
    WeightSource weights = SmallModels.weights(config, 3);
    int[][] ids = SmallModels.tokens(SEQUENCES, TOKENS, config.vocabSize(), 5);
    try (Decoder whole = Decoder.load(config, weights, TOKENS);
        Decoder layered = Decoder.layerByLayer(config, weights, TOKENS, Precision.FP32)) {
      assertTrue(whole.resident());
      assertFalse(layered.resident());
      // Even where only one batch may wait, and the layers are gone through again for each.
      for (long waiting : new long[] {1, 1L << 20}) {
        assertArrayEquals(
            logits(whole, ids, 2, waiting), logits(layered, ids, 2, waiting), 0, "" + waiting);
      }
      int before = arrays(layered);
      logits(layered, ids, 2, 1);
      assertEquals(before, arrays(layered), "nothing is kept");
    }
  }

  @Test
  void readsEveryLayerOnceForAllBatchesAndHoldsOneAndTheNext() {
    DecoderConfig config = SmallModels.llama();
    List<String> read = Collections.synchronizedList(new ArrayList<>());
    int[][] ids = SmallModels.tokens(SEQUENCES, TOKENS, config.vocabSize(), 5);
    try (Decoder model =
        Decoder.layerByLayer(
            config, new Watched(SmallModels.weights(config, 3), read), TOKENS, Precision.FP32)) {
      read.clear();
      int[] most = {0};
      Passes.run(
          model,
          1,
          SEQUENCES,
          2,
          (from, count) -> embedded(model, ids, from, count),
          (from, count, states) -> model.logits(states),
          () -> most[0] = Math.max(most[0], model.layersHeld()));
      assertEquals(2, most[0], "a layer, and the next while it is read");
      read.removeIf(name -> name.equals("model.embed_tokens.weight"));
      assertEquals(List.copyOf(Set.copyOf(read)).size(), read.size(), "each once: " + read);
      assertTrue(read.stream().noneMatch(name -> name.startsWith("model.layers.0.")), "" + read);
      assertTrue(read.contains("lm_head.weight"), "" + read);
    }
  }

  @Test
  void aSubblockIsReplacedAndPutBackAsInTheWholeModel() {
    DecoderConfig config = SmallModels.llama();
    WeightSource weights = SmallModels.weights(config, 3);
    int[][] ids = SmallModels.tokens(SEQUENCES, TOKENS, config.vocabSize(), 5);
    try (Decoder whole = Decoder.load(config, weights, TOKENS);
        Decoder layered = Decoder.layerByLayer(config, weights, TOKENS, Precision.FP32)) {
      float[] own = logits(whole, ids, 2, 1);
      float[][] replaced = new float[2][];
      for (Decoder model : List.of(whole, layered)) {
        SubblockWeights none =
            SubblockWeights.create(
                model.manager(), config, Variant.noOp(Subblock.FFN), name -> null);
        SubblockWeights narrow = model.read(2, config.parentBlock().attention(), weights);
        SubblockWeights ffn = model.replace(1, none);
        SubblockWeights attention = model.replace(1, narrow);
        replaced[model == whole ? 0 : 1] = logits(model, ids, 2, 1);
        model.replace(1, ffn);
        model.replace(1, attention);
        assertArrayEquals(own, logits(model, ids, 2, 1), 0);
        narrow.close();
      }
      assertArrayEquals(replaced[0], replaced[1], 0);
      assertFalse(Arrays.equals(own, replaced[0]));
      assertThrows(IllegalStateException.class, layered::parameters);
    }
  }

  @Test
  void aTensorReadInPartsIsTheTensor() {
    DecoderConfig config = SmallModels.llama();
    WeightSource weights = SmallModels.weights(config, 3);
    String name = "model.layers.0.mlp.down_proj.weight";
    FloatBuffer expected = weights.fp32(name);
    for (int part : new int[] {1 << 20, 960, 37, 1}) {
      NDArray array = Tensors.load(Tensors.root(), weights, name, part);
      try {
        assertEquals(expected, Tensors.read(array), "parts of " + part);
        assertArrayEquals(weights.shape(name), array.getShape().getShape());
      } finally {
        array.close();
      }
    }
  }

  static float[] logits(Decoder model, int[][] ids, int batch, long waiting) {
    FloatBuffer all = FloatBuffer.allocate(ids.length * TOKENS * model.config().vocabSize());
    Passes.Input input = (from, count) -> embedded(model, ids, from, count);
    Passes.Output output = (from, count, states) -> all.put(model.logits(states).toFloatArray());
    if (model.resident()) {
      Passes.run(model, 0, ids.length, batch, input, output, () -> {});
    } else {
      Passes.layerByLayer(model, 0, ids.length, batch, input, output, () -> {}, waiting);
    }
    assertFalse(all.hasRemaining());
    return all.array();
  }

  private static NDArray embedded(Decoder model, int[][] ids, int from, int count) {
    int[][] part = Arrays.copyOfRange(ids, from, from + count);
    return model.embed(Tensors.ids(model.manager(), part, 0, TOKENS));
  }

  private static int arrays(Decoder model) {
    return model.manager().getManagedArrays().size();
  }
}

package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.WeightSource;
import puzzle.model.Subblock;
import puzzle.model.Variant;

class DecoderTest {

  private static final int TOKENS = 20;

  static Stream<DecoderConfig> families() {
    return Stream.of(
        SmallModels.llama(),
        SmallModels.llama3(),
        SmallModels.qwen2(),
        SmallModels.qwen3(),
        SmallModels.child());
  }

  @ParameterizedTest
  @MethodSource("families")
  void agreesWithTheReferenceInPlainArrays(DecoderConfig config) {
    WeightSource weights = SmallModels.weights(config, 3);
    int[][] ids = SmallModels.tokens(2, TOKENS, config.vocabSize(), 5);
    float[] actual = logits(config, weights, ids);
    int next = 0;
    for (int[] sequence : ids) {
      for (double[] row : new ReferenceDecoder(config, weights).logits(sequence)) {
        for (double expected : row) {
          assertEquals(expected, actual[next++], 1e-4);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("families")
  void generatesTokenByTokenWhatTheWholeSequenceGives(DecoderConfig config) {
    WeightSource weights = SmallModels.weights(config, 4);
    int[][] ids = SmallModels.tokens(3, TOKENS, config.vocabSize(), 6);
    float[] whole = logits(config, weights, ids);
    int prompt = 11;
    try (Decoder decoder = Decoder.load(config, weights, TOKENS)) {
      NDManager manager = decoder.manager();
      List<Decoder.KvCache> caches = new ArrayList<>();
      for (int layer = 0; layer < config.layers(); layer++) {
        caches.add(
            decoder.cache(
                config.architecture().block(layer).attention(), manager, ids.length, TOKENS));
      }
      for (int position = prompt - 1; position < TOKENS; position++) {
        int at = position;
        float[] step =
            Tensors.inference(
                () -> {
                  boolean first = at == prompt - 1;
                  NDArray x =
                      decoder.embed(Tensors.ids(manager, ids, first ? 0 : at, first ? prompt : 1));
                  NDArray p = Tensors.ids(manager, new int[][] {{at}}, 0, 1).reshape(new long[0]);
                  for (int layer = 0; layer < config.layers(); layer++) {
                    SubblockWeights attention = decoder.weights(layer, Subblock.ATTENTION);
                    x =
                        first
                            ? decoder.prefill(attention, x, caches.get(layer))
                            : decoder.decode(attention, x, caches.get(layer), p);
                    x = decoder.ffn(decoder.weights(layer, Subblock.FFN), x);
                  }
                  NDArray last = first ? x.get(new NDIndex(":, -1:, :")) : x;
                  return decoder.logits(last).toFloatArray();
                });
        int v = config.vocabSize();
        for (int s = 0; s < ids.length; s++) {
          for (int i = 0; i < v; i++) {
            assertEquals(whole[(s * TOKENS + at) * v + i], step[s * v + i], 1e-4);
          }
        }
      }
    }
  }

  @Test
  void replacesASubblockAndPutsItBack() {
    DecoderConfig config = SmallModels.llama();
    WeightSource weights = SmallModels.weights(config, 3);
    int[][] ids = SmallModels.tokens(1, TOKENS, config.vocabSize(), 5);
    try (Decoder decoder = Decoder.load(config, weights, TOKENS)) {
      float[] before = logits(decoder, ids);
      SubblockWeights none =
          SubblockWeights.create(
              decoder.manager(), config, Variant.noOp(Subblock.FFN), name -> null);
      SubblockWeights own = decoder.replace(1, none);
      assertEquals("ffn-no-op", decoder.weights(1, Subblock.FFN).variant().name());
      assertThrows(
          AssertionError.class, () -> assertArrayEquals(before, logits(decoder, ids), 1e-3f));
      assertSame(none, decoder.replace(1, own));
      assertArrayEquals(before, logits(decoder, ids), 0);
    }
  }

  @Test
  void countsTheParametersItLoads() {
    families()
        .forEach(
            config -> {
              try (Decoder decoder = Decoder.load(config, SmallModels.weights(config, 1), TOKENS)) {
                long sum = decoder.parameters().values().stream().mapToLong(NDArray::size).sum();
                assertEquals(sum, config.params(), config.family());
              }
            });
  }

  private static float[] logits(DecoderConfig config, WeightSource weights, int[][] ids) {
    try (Decoder decoder = Decoder.load(config, weights, TOKENS)) {
      return logits(decoder, ids);
    }
  }

  private static float[] logits(Decoder decoder, int[][] ids) {
    return Tensors.inference(
        () -> {
          NDArray x = decoder.embed(Tensors.ids(decoder.manager(), ids, 0, TOKENS));
          for (int layer = 0; layer < decoder.config().layers(); layer++) {
            x = decoder.layer(layer, x);
          }
          return decoder.logits(x).toFloatArray();
        });
  }
}

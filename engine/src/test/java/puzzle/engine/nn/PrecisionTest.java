package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.Precision;
import puzzle.model.Subblock;

class PrecisionTest {

  private static final int TOKENS = 9;
  private static final int SEQUENCES = 4;

  /** bf16 keeps 8 bits: each operand of a product is off by 0.2 % at most, half of it typically. */
  private static final double CLOSE = 0.01;

  @TempDir Path folder;

  static Stream<DecoderConfig> families() {
    return Stream.of(
        SmallModels.llama(), SmallModels.qwen2(), SmallModels.qwen3(), SmallModels.child());
  }

  @ParameterizedTest
  @MethodSource("families")
  void everyKernelAgreesInBothPrecisions(DecoderConfig config) {
    WeightSource weights = file(config, ElementType.BF16);
    try (Decoder single = Decoder.whole(config, weights, TOKENS, Precision.FP32);
        Decoder half = Decoder.whole(config, weights, TOKENS, Precision.BF16)) {
      for (int layer = 0; layer < config.layers(); layer++) {
        int at = layer;
        close("attention", m -> m.attention(m.weights(at, Subblock.ATTENTION), x(m)), single, half);
        close("ffn", m -> m.ffn(m.weights(at, Subblock.FFN), x(m)), single, half);
        close("cached", m -> cached(m, at), single, half);
        if (!config.architecture().block(layer).attention().isNoOp()
            && m(half, layer, Subblock.ATTENTION).matrix() == null) {
          close("heads", m -> m.headActivity(at, x(m)), single, half);
        }
        if (m(half, layer, Subblock.FFN).optional("mlp.gate_proj.weight", null) != null) {
          close("channels", m -> m.channelActivity(at, x(m)), single, half);
        }
      }
      close("logits", m -> m.logits(x(m)), single, half);
      close("embed", m -> m.embed(ids(m)), single, half);
    }
  }

  private static SubblockWeights m(Decoder model, int layer, Subblock subblock) {
    return model.weights(layer, subblock);
  }

  /** A prompt, then two tokens one by one. */
  private static NDArray cached(Decoder m, int layer) {
    SubblockWeights w = m.weights(layer, Subblock.ATTENTION);
    Decoder.KvCache cache = m.cache(w.variant(), m.manager(), SEQUENCES, TOKENS);
    NDArray x = x(m);
    NDArray y = m.prefill(w, x.get(":, :7"), cache);
    for (int position = 7; position < TOKENS; position++) {
      NDArray next = x.get(":, {}:{}", position, position + 1);
      y =
          y.concat(
              m.decode(
                  w,
                  next,
                  cache,
                  m.manager().create((long) position).toType(DataType.INT64, false)),
              1);
    }
    return y;
  }

  /** Masters in fp32, the other weights frozen in bf16: gradients by both and by the input. */
  @ParameterizedTest
  @MethodSource("families")
  void gradientsAgreeInBothPrecisions(DecoderConfig config) {
    WeightSource weights = file(config, ElementType.BF16);
    List<double[]> gradients =
        Stream.of(Precision.FP32, Precision.BF16)
            .map(precision -> gradients(config, weights, precision))
            .toList();
    assertTrue(
        distance(gradients.get(1), gradients.get(0)) < 2 * CLOSE,
        "off by " + distance(gradients.get(1), gradients.get(0)));
  }

  private static double[] gradients(
      DecoderConfig config, WeightSource weights, Precision precision) {
    try (Decoder trained = Decoder.trainable(config, weights, TOKENS, precision);
        Decoder frozen = Decoder.whole(config, weights, TOKENS, precision)) {
      trained.parameters().values().forEach(p -> p.setRequiresGradient(true));
      NDArray x = Tensors.keep(x(trained), trained.manager());
      x.setRequiresGradient(true);
      Tensors.training(
          () -> {
            NDArray y = x;
            for (int layer = 0; layer < config.layers(); layer++) {
              y = frozen.layer(layer, trained.layer(layer, y));
            }
            NDArray target = Tensors.ids(trained.manager(), tokens(config), 1, TOKENS);
            Tensors.backward(Losses.nll(trained.logits(frozen.layer(0, y)), target).mean());
            return null;
          });
      double[] all =
          Stream.concat(Stream.of(x), trained.parameters().values().stream())
              .map(Tensors::gradient)
              .filter(Objects::nonNull)
              .map(g -> doubles(Tensors.read(g)))
              .flatMapToDouble(Arrays::stream)
              .toArray();
      assertTrue(all.length > x.size());
      return all;
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"BF16", "F16", "F32"})
  void aModelHeldInFp32IsWhatItsFileSaysToTheBit(ElementType type) {
    DecoderConfig config = SmallModels.llama();
    SafetensorsFolder file = file(config, type);
    try (Decoder model = Decoder.load(config, file, TOKENS)) {
      model
          .parameters()
          .forEach((name, array) -> assertEquals(file.fp32(name), Tensors.read(array), name));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ElementType.class,
      names = {"BF16", "F16", "F32"})
  void aModelInBf16IsTheSameToTheBitWholeAndLayerByLayer(ElementType type) {
    DecoderConfig config = SmallModels.qwen3();
    SafetensorsFolder file = file(config, type);
    int[][] ids = tokens(config);
    try (Decoder whole = Decoder.whole(config, file, TOKENS, Precision.BF16);
        Decoder layered = Decoder.layerByLayer(config, file, TOKENS, Precision.BF16)) {
      float[] expected = LayerByLayerTest.logits(whole, ids, 2, 1);
      assertArrayEquals(expected, LayerByLayerTest.logits(layered, ids, 2, 1), 0);
      assertArrayEquals(expected, LayerByLayerTest.logits(layered, ids, 2, 1L << 20), 0);
    }
  }

  @Test
  void aWeightInBf16IsReadAndWrittenAsFp32AndRefusesAllElse() {
    DecoderConfig config = SmallModels.llama();
    SafetensorsFolder file = file(config, ElementType.BF16);
    String name = TensorLayout.prefix(1) + "mlp.up_proj.weight";
    try (Decoder model = Decoder.whole(config, file, TOKENS, Precision.BF16)) {
      NDArray weight = model.weights(1, Subblock.FFN).get("mlp.up_proj.weight");
      assertInstanceOf(FrozenArray.class, weight);
      assertArrayEquals(file.shape(name), weight.getShape().getShape());
      assertEquals(file.fp32(name), Tensors.read(weight));
      FloatBuffer parts = FloatBuffer.allocate((int) weight.size());
      for (Iterator<FloatBuffer> i = Tensors.parts(weight); i.hasNext(); ) {
        parts.put(i.next());
      }
      assertEquals(file.fp32(name), parts.flip());
      NDArray single = Tensors.fp32(model.manager(), weight);
      assertEquals(DataType.FLOAT32, single.getDataType());
      assertFalse(weight.toString().isEmpty());
      List<Runnable> refused =
          List.of(
              weight::toFloatArray,
              () -> weight.toType(DataType.FLOAT32, true),
              weight::duplicate,
              () -> weight.matMul(single),
              () -> weight.add(single),
              () -> weight.get(0),
              weight::sum,
              weight::transpose,
              () -> weight.reshape(-1));
      for (Runnable each : refused) {
        assertThrows(IllegalStateException.class, each::run);
      }
      assertThrows(IllegalStateException.class, model::parameters);
    }
  }

  @Test
  void autoIsFp32ForASmallParentAndForOneThatIsNotBf16() {
    DecoderConfig config = SmallModels.llama();
    assertEquals(
        Precision.FP32, Arithmetic.of(Precision.AUTO, config, file(config, ElementType.BF16)));
    assertEquals(
        Precision.BF16, Arithmetic.of(Precision.BF16, config, file(config, ElementType.F32)));
    assertFalse(Arithmetic.inBf16(config, file(config, ElementType.F16)));
    assertFalse(Arithmetic.inBf16(config, new RandomWeights(config, 1)));
  }

  @Test
  void aTensorAtAnOddByteIsCopied() throws IOException {
    String header =
        "{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            + "\"w\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[1,5]}}";
    header += " ".repeat((8 - header.length() % 8) % 8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length() + 5).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(header.length()).put(header.getBytes(StandardCharsets.UTF_8)).put((byte) 1);
    bytes.putShort((short) 0x3f80).putShort((short) 0xc000);
    SafetensorsFile odd =
        SafetensorsFile.open(Files.write(folder.resolve("odd.safetensors"), bytes.array()));
    assertTrue(odd.place("w").isEmpty());
    try (NDManager manager = Tensors.root().newSubManager()) {
      for (Precision held : List.of(Precision.FP32, Precision.BF16)) {
        NDArray array = new WeightLoader(odd, held, manager).load(manager, "w");
        assertEquals(FloatBuffer.wrap(new float[] {1, -2}), Tensors.read(array));
      }
    }
  }

  private SafetensorsFolder file(DecoderConfig config, ElementType type) {
    RandomWeights weights = new RandomWeights(config, 3);
    SafetensorsWriter writer = new SafetensorsWriter(type);
    for (String name : weights.names()) {
      FloatBuffer values = weights.fp32(name);
      for (int i = 0; i < values.capacity() && weights.shape(name).length > 1; i++) {
        values.put(i, values.get(i) * 8);
      }
      writer.add(name, weights.shape(name), values);
    }
    Path inside = folder.resolve(type.name());
    inside.toFile().mkdir();
    writer.write(inside.resolve(SafetensorsFolder.SINGLE));
    return SafetensorsFolder.open(inside);
  }

  private static int[][] tokens(DecoderConfig config) {
    return SmallModels.tokens(SEQUENCES, TOKENS + 1, config.vocabSize(), 5);
  }

  private static NDArray ids(Decoder model) {
    return Tensors.ids(model.manager(), tokens(model.config()), 0, TOKENS);
  }

  private static NDArray x(Decoder model) {
    return model.embed(ids(model));
  }

  private static void close(
      String name, Function<Decoder, NDArray> kernel, Decoder single, Decoder half) {
    double[] expected = Tensors.inference(() -> doubles(Tensors.read(kernel.apply(single))));
    double[] actual = Tensors.inference(() -> doubles(Tensors.read(kernel.apply(half))));
    double off = distance(actual, expected);
    assertTrue(off < CLOSE, name + " is off by " + off);
  }

  private static double distance(double[] a, double[] b) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < b.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      norm += b[i] * b[i];
    }
    return Math.sqrt(difference / norm);
  }

  private static double[] doubles(FloatBuffer values) {
    double[] all = new double[values.remaining()];
    for (int i = 0; i < all.length; i++) {
      all[i] = values.get(i);
    }
    return all;
  }
}

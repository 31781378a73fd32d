package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.stream.LongStream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.files.Folders;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.testing.PythonScript;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Precision;
import puzzle.model.Variant;

/**
 * Tokens a second of one layer of Llama-3.1-8B's shape, forward, on one thread, beside Python torch
 * computing the same in bf16 with its weights in memory ({@code layer_speed.py}); in turn, each
 * time the best. Time is the thread's on the processor, so that other work on the machine counts
 * little.
 *
 * <pre>OMP_NUM_THREADS=1 PUZZLE_PYTHON=... LayerSpeedBenchmark [TOKENS...]</pre>
 *
 * , in the folder engine.
 */
public final class LayerSpeedBenchmark {

  private static final int REPETITIONS = 3;

  private LayerSpeedBenchmark() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Tensors.threads(1);
    Path script = Path.of("src/test/resources/puzzle/engine/nn/layer_speed.py");
    Path folder = Files.createTempDirectory("layer");
    try {
      DecoderConfig config = config();
      write(config, folder.resolve(SafetensorsFolder.SINGLE));
      String[] lengths = arguments.length == 0 ? new String[] {"256", "512", "1024"} : arguments;
      for (String length : lengths) {
        int tokens = Integer.parseInt(length);
        for (Precision precision : new Precision[] {Precision.BF16, Precision.FP32}) {
          print("puzzle " + precision, tokens, seconds(config, folder, tokens, precision));
        }
        System.out.print(PythonScript.run(script, length));
      }
    } finally {
      Folders.delete(folder);
    }
  }

  private static void print(String name, int tokens, double seconds) {
    System.out.printf(
        Locale.ROOT, "%-12s %5d tokens: %7.1f tokens/s%n", name, tokens, tokens / seconds);
  }

  /** The best, with the weights read: mapped in bf16, converted in fp32. */
  private static double seconds(
      DecoderConfig config, Path folder, int tokens, Precision precision) {
    try (Decoder model = Decoder.whole(config, SafetensorsFolder.open(folder), tokens, precision)) {
      float[] values = new float[tokens * config.hiddenSize()];
      Random random = new Random(1);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      NDArray x = Tensors.fp32(model.manager(), values, 1, tokens, config.hiddenSize());
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i <= REPETITIONS; i++) {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        Tensors.inference(() -> model.layer(0, x));
        long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        best = Math.min(best, (end - start) / 1e9);
      }
      return best;
    }
  }

  private static DecoderConfig config() {
    Block block = new Block(Variant.attention(8), Variant.ffn(14_336));
    return new DecoderConfig(
        "llama",
        256,
        4096,
        32,
        128,
        1e-5,
        500_000,
        null,
        8192,
        true,
        false,
        false,
        Architecture.uniform(block, 1));
  }

  private static void write(DecoderConfig config, Path file) {
    Random random = new Random(1);
    float[] drawn = new float[1 << 20];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) (random.nextGaussian() * 0.02);
    }
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    TensorLayout.of(config)
        .forEach(
            (name, tensor) ->
                writer.addParts(
                    name,
                    tensor.shape(),
                    () ->
                        LongStream.iterate(0, at -> at < tensor.elements(), at -> at + drawn.length)
                            .mapToObj(
                                at ->
                                    FloatBuffer.wrap(
                                            drawn,
                                            0,
                                            (int) Math.min(drawn.length, tensor.elements() - at))
                                        .slice())
                            .iterator()));
    writer.write(file);
  }
}

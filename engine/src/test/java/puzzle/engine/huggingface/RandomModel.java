package puzzle.engine.huggingface;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import puzzle.engine.data.ByteTokenizer;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.HalfPrecision;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.Architecture;
import puzzle.model.Block;

/** A small model with seeded random weights, in memory or as a folder. */
public final class RandomModel implements WeightSource {

  private final Map<String, long[]> shapes;
  private final Map<String, float[]> values = new LinkedHashMap<>();

  public RandomModel(DecoderConfig config, long seed) {
    shapes = new LinkedHashMap<>();
    TensorLayout.of(config).forEach((name, spec) -> shapes.put(name, spec.shape()));
    Random random = new Random(seed);
    shapes.forEach(
        (name, shape) -> {
          int size = 1;
          for (long dimension : shape) {
            size *= (int) dimension;
          }
          float[] tensor = new float[size];
          boolean norm = name.endsWith("norm.weight");
          double scale = norm ? 0.2 : name.endsWith("bias") ? 0.3 : 1.2 / Math.sqrt(shape[1]);
          for (int i = 0; i < size; i++) {
            // Exact in bf16, so that what is exported is what is here.
            double value = scale * random.nextGaussian() + (norm ? 1 : 0);
            tensor[i] = HalfPrecision.fromBf16(HalfPrecision.toBf16((float) value));
          }
          values.put(name, tensor);
        });
  }

  /** 256 bytes, 4 layers, hidden 256, 16 query heads, 8 KV heads, FFN 512. */
  public static DecoderConfig config(String family, boolean tied) {
    Block block = Block.parse("kv-8+ffn-512");
    return new DecoderConfig(
        family,
        256,
        256,
        16,
        family.equals("qwen3") ? 32 : 16,
        1e-5,
        10_000,
        family.equals("llama") ? new DecoderConfig.RopeScaling(8, 1, 4, 64) : null,
        512,
        tied,
        family.equals("qwen2"),
        family.equals("qwen3"),
        Architecture.uniform(block, 4));
  }

  /** An architecture from block names. */
  public static Architecture architecture(String... blocks) {
    return new Architecture(java.util.Arrays.stream(blocks).map(Block::parse).toList());
  }

  /** Writes a parent's folder. */
  public void write(Path folder, DecoderConfig config) {
    write(folder, config, ElementType.BF16, 1 << 30);
  }

  /** Writes a parent's folder with weights of a type, in shards. */
  public void write(Path folder, DecoderConfig config, ElementType type, long shardBytes) {
    SafetensorsWriter writer = new SafetensorsWriter(type);
    values.forEach((name, tensor) -> writer.add(name, shape(name), FloatBuffer.wrap(tensor)));
    writer.writeFolder(folder, shardBytes);
    HuggingFaceConfig.write(folder, config, type, 10);
    ByteTokenizer.write(folder);
  }

  @Override
  public Set<String> names() {
    return shapes.keySet();
  }

  @Override
  public long[] shape(String name) {
    return shapes.get(name).clone();
  }

  @Override
  public FloatBuffer fp32(String name) {
    return FloatBuffer.wrap(values.get(name));
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    into.put(into.position(), fp32(name), Math.toIntExact(first), into.remaining());
  }
}

package puzzle.engine.huggingface;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import puzzle.engine.data.ByteTokenizer;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Variant;

/**
 * A parent of random weights and a generated text, for searches small enough to be repeated many
 * times. Always the same.
 */
public final class SmallParent {

  public static final int LAYERS = 3;

  /** Much larger than what a model is initialised with, so that layers matter. */
  private static final float SCALE = 8;

  private SmallParent() {}

  /** 8 query and 4 KV heads of 4 channels, hidden 32, FFN 48, bytes as tokens. */
  public static DecoderConfig config() {
    Block block = new Block(Variant.attention(4), Variant.ffn(48));
    return new DecoderConfig(
        "llama",
        256,
        32,
        8,
        4,
        1e-5,
        10_000,
        null,
        64,
        false,
        false,
        false,
        Architecture.uniform(block, LAYERS));
  }

  /** Writes a Hugging Face folder. */
  public static void write(Path folder, DecoderConfig config) throws IOException {
    Files.createDirectories(folder);
    RandomWeights weights = new RandomWeights(config, 7);
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    for (String name : weights.names()) {
      FloatBuffer values = weights.fp32(name);
      for (int i = 0; i < values.capacity() && weights.shape(name).length > 1; i++) {
        values.put(i, SCALE * values.get(i));
      }
      writer.add(name, weights.shape(name), values);
    }
    writer.write(folder.resolve("model.safetensors"));
    HuggingFaceConfig.write(folder, config, ElementType.BF16, (int) '\n');
    ByteTokenizer.write(folder);
  }

  /** Writes a file of one document a line: twelve of the words in any order, and its number. */
  public static void writeText(Path file, String words, int documents) throws IOException {
    String[] choices = words.split(" ");
    Random random = new Random(3);
    StringBuilder text = new StringBuilder();
    for (int document = 0; document < documents; document++) {
      for (int word = 0; word < 12; word++) {
        text.append(choices[random.nextInt(choices.length)]).append(' ');
      }
      text.append(document).append('\n');
    }
    Files.writeString(file, text);
  }
}

package puzzle.actors.drill;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import puzzle.engine.data.ByteTokenizer;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Variant;

/**
 * A search small enough to be repeated many times: a random parent of a few layers, a generated
 * corpus, few steps, every stage. Costs come from the profile of an H100, not from a clock, so that
 * two runs must agree to the bit.
 */
final class SmallSearch {

  static final int LAYERS = 3;

  private static final int HIDDEN = 32;
  private static final int HEADS = 8;
  private static final int KV_HEADS = 4;
  private static final int FFN = 48;
  private static final int DOCUMENTS = 2400;

  /** Much larger than what a model is initialised with, so that layers matter. */
  private static final float SCALE = 8;

  private final Path folder;

  /** Writes parent and corpus into the folder. */
  static SmallSearch in(Path folder) throws IOException {
    SmallSearch search = new SmallSearch(folder);
    search.writeParent();
    search.writeCorpus();
    return search;
  }

  private SmallSearch(Path folder) {
    this.folder = folder;
  }

  /** Writes the run file of one more run of the same search. */
  Path runFile(String name) throws IOException {
    Path file = folder.resolve(name + ".yaml");
    Files.writeString(file, RUN_FILE.formatted(name, store(name)));
    return file;
  }

  Path store(String name) {
    return folder.resolve("runs").resolve(name);
  }

  private void writeParent() throws IOException {
    Block block = new Block(Variant.attention(KV_HEADS), Variant.ffn(FFN));
    DecoderConfig config =
        new DecoderConfig(
            "llama",
            256,
            HIDDEN,
            HEADS,
            HIDDEN / HEADS,
            1e-5,
            10_000,
            null,
            64,
            false,
            false,
            false,
            block,
            Architecture.uniform(block, LAYERS));
    RandomWeights weights = new RandomWeights(config, 7);
    Path parent = Files.createDirectories(folder.resolve("parent"));
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    for (String name : weights.names()) {
      FloatBuffer values = weights.fp32(name);
      for (int i = 0; i < values.capacity() && weights.shape(name).length > 1; i++) {
        values.put(i, SCALE * values.get(i));
      }
      writer.add(name, weights.shape(name), values);
    }
    writer.write(parent.resolve("model.safetensors"));
    HuggingFaceConfig.write(parent, config, ElementType.BF16, (int) '\n');
    ByteTokenizer.write(parent);
  }

  private void writeCorpus() throws IOException {
    String[] words = "the parent teaches a child what it knows of every layer".split(" ");
    Random random = new Random(3);
    StringBuilder text = new StringBuilder();
    for (int document = 0; document < DOCUMENTS; document++) {
      for (int word = 0; word < 12; word++) {
        text.append(words[random.nextInt(words.length)]).append(' ');
      }
      text.append(document).append('\n');
    }
    Files.writeString(folder.resolve("corpus.lines.txt"), text);
  }

  private static final String RUN_FILE =
      """
      apiVersion: puzzle/v1
      name: %1$s
      parent: parent
      store: "%2$s"
      seed: 3
      corpus: {source: corpus.lines.txt, validationShare: 0.2, sequenceTokens: 32}
      space:
        attention: [kv-4, kv-2, attention-no-op]
        ffn: [ffn-48, ffn-24, ffn-no-op]
      bld: {keep: 2, sequences: 64, batch: 16, steps: 100, warmupSteps: 5, learningRate: 0.003}
      scoring: {sequences: 64, evaluationSequences: 64, batch: 16, candidates: 2}
      target:
        hardware: h100
        workload: {batch: 32, prefill: 128, generate: 32}
        limits: {memory: 0.8 x parent, parameters: 0.8 x parent}
      gkd: {batch: 16, steps: 150, warmupSteps: 5, learningRate: 0.002, checkpointSteps: 10}
      """;
}

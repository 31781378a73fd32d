package puzzle.engine.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.Servable;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.safetensors.SafetensorsTest;
import puzzle.model.Architecture;

/** Exported folders in programs that are not ours; skipped where Python does not have them. */
class OtherReadersTest {

  private static final int[][] TOKENS = new int[2][40];

  static {
    Random random = new Random(4);
    for (int[] sequence : TOKENS) {
      Arrays.setAll(sequence, i -> random.nextInt(256));
    }
  }

  @TempDir Path folder;

  @Test
  void transformersComputesTheSameFromParentAndChildFolder() throws Exception {
    OtherReader.assumeInstalled("transformers");
    for (String family : new String[] {"llama", "qwen2"}) {
      DecoderConfig config = RandomModel.config(family, family.equals("qwen2"));
      Path child = export(config, config.architecture());
      // The parent through transformers' own class, the child through the code it carries.
      float[] parent = OtherReader.logits("transformers", folder.resolve(family), TOKENS, folder);
      float[] same = OtherReader.logits("transformers", child, TOKENS, folder);
      double difference = difference(parent, same);
      System.out.println(family + ", parent against child folder: " + difference);
      assertTrue(difference < 1e-4, family + ": " + difference);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "mistral", "qwen2", "qwen3"})
  void transformersAndOurDecoderAgreeOnParents(String family) throws Exception {
    OtherReader.assumeInstalled("transformers");
    DecoderConfig config = RandomModel.config(family, family.startsWith("qwen"));
    Path parent = Files.createDirectories(folder.resolve(family));
    new RandomModel(config, 3).write(parent, config);
    double difference =
        difference(OtherReader.logits("transformers", parent, TOKENS, folder), ours(parent));
    System.out.println(family + ", transformers against our decoder: " + difference);
    assertTrue(difference < 1e-4, family + ": " + difference);
  }

  @Test
  void transformersAndOurDecoderAgreeOnChildren() throws Exception {
    OtherReader.assumeInstalled("transformers");
    for (String family : new String[] {"llama", "qwen2"}) {
      for (Architecture architecture :
          new Architecture[] {ChildExporterTest.MIXED, ChildExporterTest.LOW_RANK}) {
        Path child = export(RandomModel.config(family, false), architecture);
        double difference =
            difference(OtherReader.logits("transformers", child, TOKENS, folder), ours(child));
        System.out.println(family + " child, transformers against our decoder: " + difference);
        assertTrue(difference < 1e-4, family + ": " + difference);
      }
    }
  }

  /** Logits of a folder read back by this project. */
  private static float[] ours(Path model) {
    DecoderConfig config = HuggingFaceConfig.read(model);
    int tokens = TOKENS[0].length;
    try (Decoder decoder = Decoder.load(config, SafetensorsFolder.open(model), tokens)) {
      return Tensors.inference(
          () -> {
            NDArray x = decoder.embed(Tensors.ids(decoder.manager(), TOKENS, 0, tokens));
            for (int layer = 0; layer < config.layers(); layer++) {
              x = decoder.layer(layer, x);
            }
            return SafetensorsTest.floats(Tensors.read(decoder.logits(x)));
          });
    }
  }

  @Test
  void transformersLoadsAndRunsEverySubblock() throws Exception {
    OtherReader.assumeInstalled("transformers");
    DecoderConfig config = RandomModel.config("llama", false);
    for (Architecture architecture :
        new Architecture[] {
          ChildExporterTest.MIXED,
          RandomModel.architecture(
              "attention-no-op+ffn-100",
              "kv-8+ffn-no-op",
              "attention-linear+ffn-linear",
              "attention-no-op+ffn-no-op"),
          RandomModel.architecture("attention-linear+ffn-512", "attention-no-op+ffn-256")
        }) {
      Path child = export(config, architecture);
      float[] logits = OtherReader.logits("transformers", child, TOKENS, folder);
      assertEquals(2 * 40 * 256, logits.length);
      for (float logit : logits) {
        assertTrue(Float.isFinite(logit));
      }
    }
  }

  @Test
  void mlxComputesTheSameWhereItsRulesHold() throws Exception {
    OtherReader.assumeInstalled("transformers");
    OtherReader.assumeInstalled("mlx");
    DecoderConfig config = RandomModel.config("llama", false);
    Architecture architecture =
        RandomModel.architecture(
            "kv-4+ffn-256", "kv-8+ffn-no-op", "attention-no-op+ffn-512", "kv-1+ffn-256");
    assertTrue(Servable.MLX.violations(config.with(architecture)).isEmpty());
    Path child = export(config, architecture);
    double difference =
        difference(
            OtherReader.logits("transformers", child, TOKENS, folder),
            OtherReader.logits("mlx", child, TOKENS, folder));
    System.out.println("transformers against mlx: " + difference);
    assertTrue(difference < 1e-3, "difference " + difference);
  }

  private Path export(DecoderConfig parent, Architecture architecture) throws IOException {
    Path parentFolder = folder.resolve(parent.family());
    Files.createDirectories(parentFolder);
    new RandomModel(parent, 3).write(parentFolder, parent);
    DecoderConfig config = parent.with(architecture);
    Path child = folder.resolve("child");
    ChildExporterTest.exporter(config, parentFolder)
        .export(child, ChildExporter.Format.NEMOTRON_NAS, new RandomModel(config, 3), 3);
    return child;
  }

  private static double difference(float[] a, float[] b) {
    assertEquals(a.length, b.length);
    double most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs(a[i] - b[i]));
    }
    return most;
  }
}

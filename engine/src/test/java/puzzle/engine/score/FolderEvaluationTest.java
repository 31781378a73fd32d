package puzzle.engine.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.ChildExporter;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.huggingface.ModelCard;
import puzzle.engine.huggingface.OtherReader;
import puzzle.engine.huggingface.RandomModel;
import puzzle.engine.nn.ReferenceDecoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.Architecture;
import puzzle.model.InvalidInputException;
import puzzle.model.Precision;

/** Folders of every family and kind against the decoder in plain arrays. */
class FolderEvaluationTest {

  private static final int LENGTH = 16;
  private static final String TEXT = "Resumption of the session:\n\nI declare résumé ...";

  private static final Architecture MULTIPLES =
      RandomModel.architecture(
          "kv-4+ffn-256",
          "attention-linear+ffn-no-op",
          "attention-no-op+ffn-linear",
          "kv-1+ffn-512");
  private static final Architecture EXACT =
      RandomModel.architecture(
          "kv-8+ffn-100", "kv-2+ffn-linear", "attention-no-op+ffn-no-op", "kv-8+ffn-512");

  @TempDir Path folder;
  private Path parent;
  private Path child;
  private Path text;

  @BeforeEach
  void write() throws IOException {
    parent = Files.createDirectory(folder.resolve("parent"));
    child = folder.resolve("child");
    text = folder.resolve("text.txt");
    Files.writeString(text, TEXT);
  }

  /** Grouping 16/8 and head size 16 = hidden / heads, but for Qwen3: head size 32. */
  @ParameterizedTest
  @CsvSource({
    "llama, false, F32",
    "llama, true, BF16",
    "mistral, false, F16",
    "qwen2, true, BF16",
    "qwen3, false, F16",
    "qwen3, true, F32"
  })
  void measuresAParentAsTheReferenceDoes(String family, boolean tied, ElementType type) {
    DecoderConfig config = parent(family, tied, type);
    assertMatches(reference(config, parent), null, evaluate(parent, null, Options.of()));
  }

  @ParameterizedTest
  @CsvSource({"llama, nemotron-nas", "qwen2, nemotron-nas", "qwen3, anymodel", "mistral, anymodel"})
  void measuresAChildAgainstItsParent(String family, String format) {
    DecoderConfig config = parent(family, false, ElementType.BF16);
    for (Architecture architecture : List.of(MULTIPLES, EXACT)) {
      export(config.with(architecture), format);
      assertMatches(
          reference(HuggingFaceConfig.read(child), child),
          reference(config, parent),
          evaluate(child, parent, Options.of()));
    }
  }

  @Test
  void aLayerAtATimeAndInAnyBatchTheResultIsTheSame() {
    DecoderConfig config = parent("llama", false, ElementType.BF16);
    export(config.with(MULTIPLES), "nemotron-nas");
    FolderEvaluation.Result whole = evaluate(child, parent, Options.of());
    assertEquals(whole, evaluate(child, parent, Options.of(Residency.LAYERS, 2)));
    FolderEvaluation.Result alone = evaluate(child, parent, Options.of(Residency.WHOLE, 1));
    assertEquals(whole.loss(), alone.loss(), 1e-6);
    assertEquals(whole.kl(), alone.kl(), 1e-6);
    assertEquals(whole.tokens(), alone.tokens());
  }

  @Test
  void aParentAgainstItselfDoesNotDiffer() {
    parent("llama", false, ElementType.BF16);
    FolderEvaluation.Result same = evaluate(parent, parent, Options.of());
    assertEquals(0, same.kl(), 1e-9);
    assertEquals(1, same.agreement());
  }

  @Test
  void documentsOfAFileOfRecordsDoNotSeeEachOther() throws IOException {
    DecoderConfig config = parent("llama", false, ElementType.BF16);
    Path records = folder.resolve("text.jsonl");
    Files.writeString(records, "{\"text\": \"first one\"}\n{\"text\": \"another\"}\n");
    FolderEvaluation.Result result = new FolderEvaluation(parent, null, Options.of()).run(records);
    double[][] one = new ReferenceDecoder(config, weights(parent)).logits(ids("first one"));
    double[][] two = new ReferenceDecoder(config, weights(parent)).logits(ids("another"));
    double sum = 0;
    for (int t = 1; t < 9; t++) {
      sum -= logSoftmax(one[t - 1])[ids("first one")[t]];
    }
    for (int t = 1; t < 7; t++) {
      sum -= logSoftmax(two[t - 1])[ids("another")[t]];
    }
    assertEquals(14, result.tokens());
    assertEquals(sum / 14, result.loss(), 1e-5);
  }

  @Test
  void whatCannotBeMeasuredIsRefusedInOneLine() throws IOException {
    DecoderConfig config = parent("llama", false, ElementType.BF16);
    Path wide = Files.createDirectory(folder.resolve("wide"));
    DecoderConfig more = withVocabulary(config, 300);
    new RandomModel(more, 1).write(wide, more);
    refused(() -> evaluate(wide, parent, Options.of()), "vocabulary of 300");
    refused(() -> evaluate(parent, wide, Options.of()), "vocabulary of 256");

    Path other = Files.createDirectory(folder.resolve("other"));
    new RandomModel(config, 1).write(other, config);
    Path tokenizer = other.resolve("tokenizer.json");
    Files.writeString(
        tokenizer,
        Files.readString(tokenizer)
            .replace("\"a\" : 97", "\"a\" : 98.")
            .replace("\"b\" : 98,", "\"b\" : 97,")
            .replace("98.", "98"));
    refused(() -> evaluate(other, parent, Options.of()), "different tokens of the same text");

    refused(
        () ->
            evaluate(
                parent,
                null,
                new FolderEvaluation.Options(513, 8, 9, Residency.AUTO, Precision.FP32)),
        "512 positions");
    Files.writeString(text, "");
    refused(() -> evaluate(parent, null, Options.of()), "no token to predict");
    Files.delete(text);
    refused(() -> evaluate(parent, null, Options.of()), "no such file");
    refused(() -> evaluate(folder.resolve("none"), null, Options.of()), "none: no such folder");
    Files.delete(parent.resolve("model.safetensors.index.json"));
    refused(() -> evaluate(parent, null, Options.of()), "holds neither model.safetensors");
  }

  @Test
  void agreesWithTransformers() throws Exception {
    OtherReader.assumeInstalled("transformers");
    for (String family : List.of("llama", "qwen2")) {
      DecoderConfig config = parent(family, false, ElementType.BF16);
      export(config.with(MULTIPLES), "nemotron-nas");
      // Ends before a character of two bytes: half of one would be read as U+FFFD.
      int[] ids = Arrays.copyOf(ids(TEXT), 39);
      Files.write(text, bytes(ids));
      FolderEvaluation.Result ours =
          evaluate(
              child,
              parent,
              new FolderEvaluation.Options(64, 8, 9, Residency.AUTO, Precision.FP32));
      double[][][] logits = new double[2][][];
      for (int m = 0; m < 2; m++) {
        float[] flat =
            OtherReader.logits("transformers", m == 0 ? child : parent, new int[][] {ids}, folder);
        logits[m] = new double[ids.length][];
        for (int t = 0; t < ids.length; t++) {
          float[] row = Arrays.copyOfRange(flat, t * 256, (t + 1) * 256);
          logits[m][t] = new double[256];
          Arrays.setAll(logits[m][t], i -> row[i]);
        }
      }
      assertMatches(new double[][][] {logits[0]}, new double[][][] {logits[1]}, ours, ids, 64);
    }
  }

  private static byte[] bytes(int[] ids) {
    byte[] bytes = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      bytes[i] = (byte) ids[i];
    }
    return bytes;
  }

  private void refused(org.junit.jupiter.api.function.Executable work, String part) {
    String message = assertThrows(InvalidInputException.class, work).getMessage();
    assertTrue(message.contains(part), message);
    assertTrue(message.matches("[^\\n]+\\r?\\nMaybe [^\\n]+"), message);
  }

  /** Short windows in small batches, the last one shorter. */
  private static final class Options {
    static FolderEvaluation.Options of() {
      return of(Residency.WHOLE, 2);
    }

    static FolderEvaluation.Options of(Residency residency, int batch) {
      return new FolderEvaluation.Options(LENGTH, batch, Long.MAX_VALUE, residency, Precision.FP32);
    }
  }

  private FolderEvaluation.Result evaluate(
      Path model, Path against, FolderEvaluation.Options options) {
    try (FolderEvaluation evaluation = new FolderEvaluation(model, against, options)) {
      FolderEvaluation.Result result = evaluation.run(text);
      assertEquals(result, evaluation.run(text), "again it is the same");
      return result;
    }
  }

  private DecoderConfig parent(String family, boolean tied, ElementType type) {
    DecoderConfig config = RandomModel.config(family, tied);
    new RandomModel(config, 1).write(parent, config, type, 1 << 18);
    assertTrue(Files.exists(parent.resolve("model.safetensors.index.json")), "in shards");
    return HuggingFaceConfig.read(parent);
  }

  private void export(DecoderConfig config, String format) {
    new ChildExporter(
            config,
            parent,
            new ModelCard("child", "parent", List.of()),
            JsonNodeFactory.instance.objectNode())
        .export(child, ChildExporter.Format.parse(format), new RandomModel(config, 2), 2);
  }

  private static SafetensorsFolder weights(Path of) {
    return SafetensorsFolder.open(of);
  }

  private static int[] ids(String of) {
    byte[] bytes = of.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    Arrays.setAll(ids, i -> bytes[i] & 0xff);
    return ids;
  }

  /** Logits of every window of the text, from the plain arrays. */
  private static double[][][] reference(DecoderConfig config, Path of) {
    ReferenceDecoder decoder = new ReferenceDecoder(config, weights(of));
    int[] all = ids(TEXT);
    int windows = (all.length - 2) / LENGTH + 1;
    double[][][] logits = new double[windows][][];
    for (int w = 0; w < windows; w++) {
      int from = w * LENGTH;
      logits[w] =
          decoder.logits(Arrays.copyOfRange(all, from, Math.min(all.length - 1, from + LENGTH)));
    }
    return logits;
  }

  private static void assertMatches(
      double[][][] model, double[][][] against, FolderEvaluation.Result actual) {
    assertMatches(model, against, actual, ids(TEXT), LENGTH);
  }

  private static void assertMatches(
      double[][][] model,
      double[][][] against,
      FolderEvaluation.Result actual,
      int[] all,
      int length) {
    int n = all.length - 1;
    double loss = 0;
    double hits = 0;
    double kl = 0;
    double same = 0;
    for (int t = 0; t < n; t++) {
      double[] q = logSoftmax(model[t / length][t % length]);
      loss -= q[all[t + 1]] / n;
      hits += most(q) == all[t + 1] ? 1.0 / n : 0;
      if (against != null) {
        double[] p = logSoftmax(against[t / length][t % length]);
        for (int v = 0; v < p.length; v++) {
          kl += Math.exp(p[v]) * (p[v] - q[v]) / n;
        }
        same += most(p) == most(q) ? 1.0 / n : 0;
      }
    }
    assertEquals(n, actual.tokens());
    assertEquals(loss, actual.loss(), 1e-4);
    assertEquals(hits, actual.top1(), 1e-9);
    if (against == null) {
      assertNull(actual.kl());
      assertNull(actual.agreement());
    } else {
      assertEquals(kl, actual.kl(), 1e-4);
      assertEquals(same, actual.agreement(), 1e-9);
      assertTrue(actual.kl() > 0.01, "they differ");
    }
  }

  private static int most(double[] values) {
    int most = 0;
    for (int i = 1; i < values.length; i++) {
      most = values[i] > values[most] ? i : most;
    }
    return most;
  }

  private static double[] logSoftmax(double[] logits) {
    double most = Arrays.stream(logits).max().orElseThrow();
    double log = most + Math.log(Arrays.stream(logits).map(l -> Math.exp(l - most)).sum());
    return Arrays.stream(logits).map(l -> l - log).toArray();
  }

  private static DecoderConfig withVocabulary(DecoderConfig c, int vocabulary) {
    return new DecoderConfig(
        c.family(),
        vocabulary,
        c.hiddenSize(),
        c.heads(),
        c.headSize(),
        c.rmsNormEps(),
        c.ropeTheta(),
        c.ropeScaling(),
        c.maxPositions(),
        c.tiedEmbeddings(),
        c.qkvBias(),
        c.qkNorm(),
        c.architecture());
  }
}

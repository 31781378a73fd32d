package puzzle.engine.gkd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.gkd.PairedPass.MicroBatch;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.SmallModels;
import puzzle.engine.nn.Tensors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Precision;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Gkd.Loss;
import puzzle.model.Variant;

/** Losses and gradients in pieces against one graph over the whole model. */
class PairedPassTest {

  private static final int SEQUENCES = 3;
  private static final int TOKENS = 8;
  private static final double TOLERANCE = 1e-6;

  @TempDir Path folder;

  private final int[][] ids = SmallModels.tokens(SEQUENCES, TOKENS + 1, 31, 7);

  /** Loss, and gradients by name; none where nothing was propagated. */
  private record Result(double loss, Map<String, float[]> gradients) {}

  static Stream<Set<Loss>> losses() {
    return Stream.of("COSINE", "KLD", "LM", "COSINE,KLD", "COSINE,LM", "KLD,LM", "COSINE,KLD,LM")
        .map(
            names -> {
              EnumSet<Loss> set = EnumSet.noneOf(Loss.class);
              Stream.of(names.split(",")).map(Loss::valueOf).forEach(set::add);
              return set;
            });
  }

  @ParameterizedTest
  @MethodSource("losses")
  void piecesAreTheWholeToTheBitWhereTheHeadTakesAllTokensAtOnce(Set<Loss> losses) {
    for (boolean tied : List.of(false, true)) {
      DecoderConfig config = model(tied).with(narrow());
      Result whole = oneGraph(config, losses, 1);
      Result pieces = inPieces(config, losses, List.of(SEQUENCES), 1000, false);
      assertEquals(whole.loss, pieces.loss, 0);
      assertEquals(whole.gradients.keySet(), pieces.gradients.keySet());
      whole.gradients.forEach(
          (name, values) -> assertArrayEquals(values, pieces.gradients.get(name), 0, name));
    }
  }

  @ParameterizedTest
  @MethodSource("losses")
  void theHeadInChunksOfTokensGivesTheWholeLossAndItsGradients(Set<Loss> losses) {
    for (boolean tied : List.of(false, true)) {
      DecoderConfig config = model(tied).with(narrow());
      Result whole = oneGraph(config, losses, 2.5);
      for (int tokens : new int[] {1, 5, TOKENS, 23}) {
        assertClose(
            whole,
            inPieces(config, settings(losses, 2.5), List.of(SEQUENCES), tokens, false),
            "tied " + tied + ", " + tokens + " tokens");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("losses")
  void aChildWithNoOpsAndLinearLayersHasTheGradientsOfOneGraph(Set<Loss> losses) {
    for (boolean tied : List.of(false, true)) {
      DecoderConfig config = model(tied).with(everyKind());
      assertClose(
          oneGraph(config, losses, 1),
          inPieces(config, losses, List.of(SEQUENCES), 1000, true),
          "tied " + tied);
    }
  }

  @Test
  void whereItLivesAndHowManyGoTogetherMakesNoDifferenceToTheBit() {
    Set<Loss> all = EnumSet.allOf(Loss.class);
    for (boolean tied : List.of(false, true)) {
      DecoderConfig config = model(tied).with(everyKind());
      Result inMemory = inPieces(config, all, List.of(1, 1, 1), 5, false);
      for (List<Integer> together : List.of(List.of(1, 1, 1), List.of(2, 1), List.of(3))) {
        Result mapped = inPieces(config, settings(all, 1), together, 5, true, true);
        assertEquals(inMemory.loss, mapped.loss, 0);
        inMemory.gradients.forEach(
            (name, values) -> assertArrayEquals(values, mapped.gradients.get(name), 0, name));
      }
    }
  }

  @Test
  void mappedFilesLoseTheirNamesAtOnce() throws Exception {
    DecoderConfig config = model(true);
    try (TrainedChild child =
            TrainedChild.mapped(config, weights(config), TOKENS, Precision.FP32, folder);
        Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
      WeightSource weights = weights(config);
      for (String name : TensorLayout.of(config).keySet()) {
        float[] expected = new float[(int) child.parameters().get(name).size()];
        weights.fp32(name).duplicate().get(expected);
        assertArrayEquals(expected, child.parameters().get(name).toFloatArray(), 0, name);
      }
    }
  }

  private static DecoderConfig model(boolean tied) {
    return tied ? SmallModels.tied() : SmallModels.llama();
  }

  private static Architecture narrow() {
    return Architecture.uniform(
        new Block(Variant.attention(1), Variant.ffn(12)), SmallModels.llama().layers());
  }

  private static Architecture everyKind() {
    return SmallModels.child().architecture();
  }

  private static WeightSource weights(DecoderConfig config) {
    return SmallModels.weights(config, 11);
  }

  private static RunSpec.Gkd settings(Set<Loss> losses, double temperature) {
    return RunSpec.Gkd.DEFAULT.with(
        g -> {
          g.losses = losses;
          g.temperature = temperature;
        });
  }

  private static Decoder parent(DecoderConfig child) {
    DecoderConfig config = child.with(Architecture.uniform(child.parentBlock(), child.layers()));
    return Decoder.load(config, SmallModels.weights(config, 3), TOKENS);
  }

  /** The losses as the paper writes them, differentiated in one go. */
  private Result oneGraph(DecoderConfig config, Set<Loss> losses, double temperature) {
    try (Decoder parent = parent(config);
        Decoder child = Decoder.load(config, weights(config), TOKENS)) {
      child.parameters().values().forEach(p -> p.setRequiresGradient(true));
      double loss =
          Tensors.training(
              () -> {
                List<NDArray> references = new ArrayList<>();
                List<NDArray> states = new ArrayList<>();
                NDArray reference = Tensors.paused(() -> forward(parent, references));
                NDArray logits = forward(child, states);
                NDArray sum = Tensors.scalar(child.manager(), 0);
                for (int layer = 0;
                    layer < states.size() && losses.contains(Loss.COSINE);
                    layer++) {
                  sum = sum.add(Losses.cosine(states.get(layer), references.get(layer)));
                }
                if (losses.contains(Loss.KLD)) {
                  sum = sum.add(Losses.kl(logits, reference, temperature).mean());
                }
                if (losses.contains(Loss.LM)) {
                  NDArray targets = Tensors.ids(child.manager(), ids, 1, TOKENS);
                  sum = sum.add(Losses.nll(logits, targets).mean());
                }
                Tensors.backward(sum);
                return (double) sum.getFloat();
              });
      Map<String, float[]> gradients = new TreeMap<>();
      child
          .parameters()
          .forEach(
              (name, parameter) -> {
                NDArray gradient = Tensors.gradient(parameter);
                if (gradient != null) {
                  gradients.put(name, gradient.toFloatArray());
                }
              });
      return new Result(loss, gradients);
    }
  }

  private NDArray forward(Decoder model, List<NDArray> states) {
    NDArray x = model.embed(Tensors.ids(model.manager(), ids, 0, TOKENS));
    for (int layer = 0; layer < model.config().layers(); layer++) {
      x = model.layer(layer, x);
      states.add(x);
    }
    return model.logits(x);
  }

  private Result inPieces(
      DecoderConfig config, Set<Loss> losses, List<Integer> sizes, int tokens, boolean mapped) {
    return inPieces(config, settings(losses, 1), sizes, tokens, mapped);
  }

  private Result inPieces(
      DecoderConfig config, RunSpec.Gkd settings, List<Integer> sizes, int tokens, boolean mapped) {
    return inPieces(config, settings, sizes, tokens, mapped, false);
  }

  /**
   * @param together sequences of each micro-batch, or if {@code singly} micro-batches of one
   *     sequence that go through the layers together
   */
  private Result inPieces(
      DecoderConfig config,
      RunSpec.Gkd settings,
      List<Integer> together,
      int tokens,
      boolean mapped,
      boolean singly) {
    try (Decoder parent = parent(config);
        TrainedChild child =
            mapped
                ? TrainedChild.mapped(config, weights(config), TOKENS, Precision.FP32, folder)
                : TrainedChild.whole(Decoder.load(config, weights(config), TOKENS))) {
      double loss = 0;
      int from = 0;
      for (int count : together) {
        List<MicroBatch> batches = new ArrayList<>();
        int size = singly ? 1 : count;
        for (int first = from; first < from + count; first += size) {
          int[][] some = Arrays.copyOfRange(ids, first, first + size);
          batches.add(new MicroBatch(some, size / (double) SEQUENCES));
        }
        from += count;
        try (PairedPass pass = new PairedPass(parent, child, settings, batches, tokens)) {
          for (float share : pass.train()) {
            loss += share;
          }
        }
      }
      return new Result(loss, gradients(child));
    }
  }

  private static Map<String, float[]> gradients(TrainedChild child) {
    child.join();
    Map<String, float[]> gradients = new TreeMap<>();
    for (String name : child.parameters().keySet()) {
      NDArray gradient = child.gradient(name);
      if (gradient != null) {
        gradients.put(name, gradient.toFloatArray());
      }
    }
    return gradients;
  }

  private static void assertClose(Result expected, Result actual, String what) {
    assertEquals(expected.loss, actual.loss, TOLERANCE * Math.abs(expected.loss), what);
    assertEquals(expected.gradients.keySet(), actual.gradients.keySet(), what);
    expected.gradients.forEach(
        (name, values) -> {
          float[] others = actual.gradients.get(name);
          double difference = 0;
          double norm = 0;
          for (int i = 0; i < values.length; i++) {
            difference += Math.pow((double) values[i] - others[i], 2);
            norm += Math.pow(values[i], 2);
          }
          assertTrue(
              Math.sqrt(difference) <= TOLERANCE * Math.sqrt(norm),
              what + ": " + name + " by " + Math.sqrt(difference / norm));
        });
  }
}

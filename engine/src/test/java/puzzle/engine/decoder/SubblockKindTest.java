package puzzle.engine.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import puzzle.engine.nn.SmallModels;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;

/** What the kinds say of themselves, with 4 query heads of 8 channels, hidden 24. */
class SubblockKindTest {

  private static final DecoderConfig CONFIG = SmallModels.llama();

  static Stream<String> variants() {
    return Stream.of(
        "kv-2",
        "kv-1",
        "attention-linear",
        "attention-no-op",
        "ffn-40",
        "ffn-40-rank-5",
        "ffn-linear",
        "ffn-no-op");
  }

  @Test
  void thereIsAnExampleOfEveryKind() {
    Set<Variant.Kind> seen = new HashSet<>();
    variants().forEach(name -> seen.add(Variant.parse(name).kind()));
    assertEquals(Set.of(Variant.Kind.values()), seen);
  }

  /** The calls' arguments are the tensors, so none is forgotten and none is made up. */
  @ParameterizedTest
  @MethodSource("variants")
  void everyTensorIsAnArgumentOfTheCall(String name) {
    Variant variant = Variant.parse(name);
    List<String> arguments = new ArrayList<>();
    SubblockKind.of(variant).call(variant).ifPresent(call -> arguments.addAll(call.arguments()));
    assertTrue(arguments.containsAll(TensorLayout.of(CONFIG, variant).keySet()), name);
    long own =
        arguments.stream().filter(a -> a.endsWith(".weight") && !a.contains("_norm.")).count();
    assertEquals(TensorLayout.of(CONFIG, variant).size(), own, name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kv-2 | 2 | norm, gemm 32x24, gemm 24x16, reduce, rotary 32, attention 2/1 | 32",
        "kv-1 | 2 | norm, gemm 32x24, gemm 24x16, reduce, rotary 32, attention 2/1 | 16",
        "attention-linear | 1 | norm, gemm 24x24, reduce | 0",
        "ffn-41 | 2 | norm, gemm 42x24, activation 21, gemm 24x21, reduce | 0",
        "ffn-40-rank-5 | 2 | norm, gemm 5x24, gemm 20x5, gemm 5x24, gemm 20x5, activation 20,"
            + " gemm 5x20, gemm 24x5, reduce | 0",
        "ffn-no-op | 1 | '' | 0"
      })
  void launchesItsShareOnEachDevice(String name, int devices, String kernels, long kv) {
    Variant variant = Variant.parse(name);
    List<String> launched = new ArrayList<>();
    SubblockKind.of(variant).launch(CONFIG, variant, devices, recorder(launched));
    assertEquals(kernels, String.join(", ", launched));
    assertEquals(kv, CONFIG.kvElementsPerToken(variant));
  }

  @Test
  void headsThatCannotBeSplitAreRefused() {
    Variant three = Variant.attention(3);
    assertThrows(
        InvalidInputException.class,
        () -> SubblockKind.of(three).launch(CONFIG, three, 1, recorder(new ArrayList<>())));
  }

  @ParameterizedTest
  @CsvSource({
    "kv-4, more than the parent has",
    "kv-3, more than",
    "ffn-41, more than the parent has",
    "ffn-40-rank-25, no rank above 24"
  })
  void isMadeOfWhatTheParentHas(String name, String says) {
    Variant variant = Variant.parse(name);
    Block parent = CONFIG.parentBlock();
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> SubblockKind.of(variant).requireFit(variant, parent, 4, 24))
            .getMessage();
    assertTrue(message.contains(says), message);
    variants()
        .map(Variant::parse)
        .forEach(fits -> SubblockKind.of(fits).requireFit(fits, parent, 4, 24));
  }

  private static Launches recorder(List<String> launched) {
    return new Launches() {
      @Override
      public void norm() {
        launched.add("norm");
      }

      @Override
      public void gemm(long n, long k) {
        launched.add("gemm " + n + "x" + k);
      }

      @Override
      public void activation(long width) {
        launched.add("activation " + width);
      }

      @Override
      public void rotary(long channels) {
        launched.add("rotary " + channels);
      }

      @Override
      public void attention(int heads, int kvHeads) {
        launched.add("attention " + heads + "/" + kvHeads);
      }

      @Override
      public void allReduce() {
        launched.add("reduce");
      }
    };
  }

  @Test
  void aLowRankFfnHasTwoThinMatricesForEachOfTheParents() {
    Variant variant = Variant.parse("ffn-40-rank-5");
    assertEquals(24 + 3 * 5 * (24 + 40), CONFIG.params(variant));
    assertEquals(3 * 3 * 5 * 24, SubblockKind.of(variant).copiedElements(CONFIG, variant, 4));
    for (Servable server : Servable.values()) {
      assertEquals(
          List.of("ffn-40-rank-5 is not known"),
          server.violations(0, 2, new Block(Variant.attention(2), variant)));
    }
  }
}

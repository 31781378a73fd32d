package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchSpaceTest {

  private static final List<Block> OWN =
      List.of(
          Block.parse("kv-4+ffn-48"),
          Block.parse("kv-2+ffn-48-rank-8"),
          Block.parse("attention-no-op+ffn-linear"));

  private static final SearchSpace SPACE =
      new SearchSpace(
          variants("kv-4", "kv-2", "kv-1", "attention-linear", "attention-no-op"),
          variants("ffn-48", "ffn-24", "ffn-48-rank-8", "ffn-linear", "ffn-no-op"),
          List.of(new SearchSpace.Layers(0, 0, variants("kv-1"), null)),
          OWN);

  @ParameterizedTest
  @CsvSource({
    "kv-4, kv-4, true",
    "kv-2, kv-4, true",
    "kv-4, kv-2, false",
    "attention-linear, kv-2, true",
    "kv-2, attention-linear, false",
    "attention-linear, attention-no-op, false",
    "attention-no-op, attention-no-op, true",
    "ffn-24, ffn-48, true",
    "ffn-49, ffn-48, false",
    "ffn-48-rank-8, ffn-48, true",
    "ffn-24-rank-8, ffn-48, false",
    "ffn-48-rank-4, ffn-48-rank-8, false",
    "ffn-linear, ffn-48-rank-8, false",
    "ffn-no-op, ffn-48-rank-8, true",
    "ffn-no-op, kv-4, false"
  })
  void whatIsNotLargerAndCanBeMadeOfItReplacesASubblock(String made, String of, boolean expected) {
    assertEquals(expected, Variant.parse(made).replaces(Variant.parse(of)));
  }

  @Test
  void aLayerChoosesItsOwnAndWhatCanReplaceThat() {
    assertEquals(variants("kv-4", "kv-1"), SPACE.of(0).attention());
    assertEquals(SPACE.ffn(), SPACE.of(0).ffn());
    assertEquals(
        variants("kv-2", "kv-1", "attention-linear", "attention-no-op"), SPACE.of(1).attention());
    assertEquals(variants("ffn-48-rank-8", "ffn-no-op"), SPACE.of(1).ffn());
    assertEquals(variants("attention-no-op"), SPACE.of(2).attention());
    assertEquals(variants("ffn-linear", "ffn-no-op"), SPACE.of(2).ffn());
    for (int layer = 0; layer < 3; layer++) {
      assertEquals(OWN.get(layer), SPACE.of(layer).parent());
      assertFalse(SPACE.of(layer).trainable(OWN.get(layer).ffn()));
    }
    assertTrue(SPACE.of(0).trainable(Variant.parse("ffn-linear")));
    assertEquals(new Architecture(OWN), SPACE.parent(3));
  }

  @Test
  void aParentWhoseLayersAreAlikeIsTheFirstBlock() {
    SearchSpace standard = SearchSpace.standard(8, 640, 1);
    assertEquals(standard.attention(), standard.of(3).attention());
    assertEquals(standard.ffn(), standard.of(3).ffn());
    assertEquals(Architecture.uniform(Block.parse("kv-8+ffn-640"), 2), standard.parent(2));
  }

  @Test
  void theParentsOwnMustBeAmongTheVariants() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new SearchSpace(SPACE.attention(), variants("ffn-48"), List.of(), OWN));
    assertThrows(
        IllegalArgumentException.class,
        () -> new SearchSpace(variants("attention-no-op"), variants("ffn-48")));
  }

  private static List<Variant> variants(String... names) {
    return List.of(names).stream().map(Variant::parse).toList();
  }
}

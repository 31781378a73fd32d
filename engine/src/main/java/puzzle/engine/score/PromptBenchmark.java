package puzzle.engine.score;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;

/**
 * Prompts with their answers, one JSON object a line:
 *
 * <ul>
 *   <li>{@code {"prompt": "...", "answer": "..."}}: right where every token of the answer is the
 *       model's first choice
 *   <li>{@code {"prompt": "...", "choices": ["...", "..."], "answer": 0}}: right where the choice
 *       of that index has a larger log-probability than each of the others
 * </ul>
 */
final class PromptBenchmark implements Benchmark {

  private static final String FORM =
      "write {\"prompt\": \"...\", \"answer\": \"...\"}, or choices and the answer's index";
  private static final long MAX_BYTES = 64L << 20;

  /**
   * One item.
   *
   * @param first index of its first sequence
   * @param starts of the answer in each of its sequences, in tokens
   * @param right index of the right choice; -1 if there is nothing to choose
   */
  private record Item(int first, int[] starts, int right) {}

  private final List<Item> items = new ArrayList<>();
  private final List<int[]> sequences = new ArrayList<>();

  /**
   * Reads the file.
   *
   * @throws InvalidInputException with file and line
   */
  PromptBenchmark(Path file, Encoder encoder, int maxTokens) {
    int number = 0;
    for (String line : lines(file)) {
      number++;
      if (!line.isBlank()) {
        add(JsonValue.parse(file + ": line " + number, line), encoder, maxTokens);
      }
    }
    if (items.isEmpty()) {
      throw new InvalidInputException(file + ": holds no prompt.\nMaybe it is another file.");
    }
  }

  private static List<String> lines(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        throw new InvalidInputException(
            file + ": no such file, or over 64 MiB.\nMaybe paths are relative to the run file.");
      }
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read as UTF-8.\nMaybe it is not a file of JSON lines.", e);
    }
  }

  private void add(JsonValue item, Encoder encoder, int maxTokens) {
    String prompt = text(item.at("prompt"));
    if (!item.has("choices")) {
      int start = add(item, prompt, text(item.at("answer")), encoder, maxTokens);
      items.add(new Item(sequences.size() - 1, new int[] {start}, -1));
      return;
    }
    List<JsonValue> choices = item.list("choices");
    if (choices.size() < 2) {
      throw item.bad("choices", "is not a list of two or more", FORM);
    }
    int answer = item.integer("answer", 0, choices.size() - 1);
    int first = sequences.size();
    int[] starts = new int[choices.size()];
    Set<String> different = new HashSet<>();
    for (int i = 0; i < starts.length; i++) {
      String choice = text(choices.get(i));
      if (!different.add(choice)) {
        throw choices.get(i).bad("stands among the choices twice");
      }
      starts[i] = add(item, prompt, choice, encoder, maxTokens);
    }
    items.add(new Item(first, starts, answer));
  }

  /**
   * Adds one sequence; returns where the answer starts: behind the tokens that the prompt alone has
   * in common with the whole. A tokenizer may join the end of the prompt to the answer, and then
   * that token is the answer's.
   */
  private int add(JsonValue item, String prompt, String answer, Encoder encoder, int maxTokens) {
    int[] before = encoder.encode(prompt);
    int[] whole = encoder.encode(prompt + answer);
    int start = Arrays.mismatch(before, whole);
    if (start < 0 || start == whole.length) {
      throw item.bad("answer", "adds no token to the prompt", FORM);
    }
    if (start == 0) {
      throw item.bad(
          "prompt",
          before.length == 0
              ? "has no token"
              : "is joined with its answer \"%s\" to one token, so that nothing stands before what is graded"
                  .formatted(InvalidInputException.shown(answer)),
          "begin the prompt earlier, or set corpus.bos");
    }
    if (whole.length > maxTokens) {
      throw item.bad(
          "prompt",
          "has %d tokens with its answer, a sequence has %d".formatted(whole.length, maxTokens),
          "raise corpus.sequenceTokens or leave the prompt out");
    }
    sequences.add(whole);
    return start;
  }

  private static String text(JsonValue value) {
    String text = value.text();
    if (text.isEmpty()) {
      throw value.bad("is empty");
    }
    return text;
  }

  @Override
  public List<int[]> sequences() {
    return sequences;
  }

  @Override
  public double[] grade(List<Answer> answers) {
    return items.stream().mapToDouble(item -> right(item, answers) ? 1 : 0).toArray();
  }

  private static boolean right(Item item, List<Answer> answers) {
    if (item.right() < 0) {
      boolean[] likeliest = answers.get(item.first()).likeliest();
      return IntStream.range(item.starts()[0] - 1, likeliest.length).allMatch(i -> likeliest[i]);
    }
    double[] sums = new double[item.starts().length];
    for (int choice = 0; choice < sums.length; choice++) {
      double[] logs = answers.get(item.first() + choice).logProbabilities();
      sums[choice] = Arrays.stream(logs, item.starts()[choice] - 1, logs.length).sum();
    }
    // A tie is not right, and neither is anything beside what is no number.
    return IntStream.range(0, sums.length)
        .allMatch(i -> i == item.right() || sums[item.right()] > sums[i]);
  }
}

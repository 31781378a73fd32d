package puzzle.engine.score;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import puzzle.model.InvalidInputException;

/** Opens benchmarks by their description and lays their sequences out for a model. */
public final class Benchmarks {

  private Benchmarks() {}

  /**
   * Opens a benchmark.
   *
   * @param description {@code name:argument} of an installed benchmark, or else a file of prompts
   * @param maxTokens of one sequence
   * @throws InvalidInputException where it is unsound
   */
  public static Benchmark open(String description, Benchmark.Encoder encoder, int maxTokens) {
    int colon = description.indexOf(':');
    for (Benchmark.Factory factory : ServiceLoader.load(Benchmark.Factory.class)) {
      if (colon > 0 && description.substring(0, colon).equals(factory.name())) {
        return factory.open(description.substring(colon + 1), encoder, maxTokens);
      }
    }
    return new PromptBenchmark(Path.of(description), encoder, maxTokens);
  }

  /** True if the description names an installed benchmark, not a file. */
  public static boolean installed(String description) {
    int colon = description.indexOf(':');
    return colon > 0
        && ServiceLoader.load(Benchmark.Factory.class).stream()
            .anyMatch(p -> p.get().name().equals(description.substring(0, colon)));
  }

  /**
   * Sequences of one length, filled up with token 0 behind their end, where causal attention does
   * not see it.
   *
   * @throws InvalidInputException where a sequence is too long or a token not the model's
   */
  public static int[][] padded(Benchmark benchmark, int length, int vocabSize) {
    List<int[]> sequences = benchmark.sequences();
    for (int i = 0; i < sequences.size(); i++) {
      int[] ids = sequences.get(i);
      if (ids.length < 2 || ids.length > length) {
        throw new InvalidInputException(
            "benchmark: sequence %d has %d tokens, not 2 to %d.\nMaybe raise corpus.sequenceTokens."
                .formatted(i, ids.length, length));
      }
      if (Arrays.stream(ids).anyMatch(id -> id < 0 || id >= vocabSize)) {
        throw new InvalidInputException(
            "benchmark: sequence %d has a token that the model does not, of %d.\n"
                    .formatted(i, vocabSize)
                + "Maybe tokenizer.json and config.json are of different models.");
      }
    }
    return sequences.stream().map(ids -> Arrays.copyOf(ids, length)).toArray(int[][]::new);
  }
}

package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.data.PackedSequences.Pool;
import puzzle.engine.testing.ShapedParent;

/**
 * How fast JSON Lines are read and tokenized with 128,256 tokens, where few tokens are wanted of
 * much text and where half of it is, and the tokenizer alone: {@code -Dtext.megabytes=1000}.
 */
class TextSpeedBenchmark {

  private static final int LENGTH = 257;

  @TempDir Path folder;

  @Test
  void readsAndTokenizes() throws Exception {
    int megabytes = Integer.getInteger("text.megabytes", 100);
    ShapedParent.writeTokenizer(folder, 128_256);
    Path file = folder.resolve("text.jsonl");
    ShapedParent.writeText(file, megabytes);
    Tokenizer tokenizer = Tokenizer.open(folder);
    double bytes = Files.size(file);

    long begun = System.nanoTime();
    long read = 0;
    List<String> sample = new ArrayList<>();
    try (Corpus.Documents documents = Corpus.open(file.toString()).documents()) {
      while (documents.hasNext()) {
        String text = documents.next();
        if (read < 20_000_000) {
          sample.add(text);
        }
        read += text.length();
      }
    }
    say("read alone", bytes, begun, 0);

    begun = System.nanoTime();
    long tokens = 0;
    for (int from = 0; from < sample.size(); from += 1000) {
      List<String> some = sample.subList(from, Math.min(sample.size(), from + 1000));
      for (int[] one : tokenizer.encode(some)) {
        tokens += one.length;
      }
    }
    double characters = sample.stream().mapToLong(String::length).sum();
    say("tokenizer alone", characters, begun, tokens);
    sample.clear();

    for (double share : new double[] {0.001, 0.5}) {
      long sequences = Math.round(share * tokens / characters * read * 0.95 / LENGTH);
      Packing packing =
          new Packing(LENGTH, 128_256, new SpecialTokens(-1, 1, "", ""), false, 0.05, 0, 1);
      PackedSequences packed =
          new PackedSequences(
              List.of(new Pool("the text", Corpus.open(file.toString()), 1)),
              tokenizer,
              packing,
              folder);
      ManagementFactory.getMemoryPoolMXBeans().forEach(pool -> pool.resetPeakUsage());
      begun = System.nanoTime();
      PackedSequences.Taken taken = packed.take(sequences, 16, (done, total) -> {});
      assertEquals(sequences, taken.train().count());
      say("%.1f %% wanted".formatted(100 * share), bytes, begun, sequences * LENGTH);
    }
  }

  private static void say(String what, double bytes, long begun, long tokens) {
    double seconds = (System.nanoTime() - begun) / 1e9;
    long peak =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .mapToLong(pool -> pool.getPeakUsage().getUsed())
            .sum();
    System.out.printf(
        Locale.ROOT,
        "%-16s %6.1f MB/s, %,d tokens, %.1f s, heap at most %d MB%n",
        what,
        bytes / seconds / 1e6,
        tokens,
        seconds,
        peak >> 20);
  }
}

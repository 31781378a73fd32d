package puzzle.engine.score;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import puzzle.engine.data.Corpus;
import puzzle.engine.data.SoundText;
import puzzle.model.InvalidInputException;

/**
 * A text as windows of tokens, in the text's order, always the same. Consecutive windows of a
 * document share one token, so that each token but a document's first is predicted exactly once.
 *
 * <p>Formats are those of a {@link Corpus}, but a plain text file is one document, blank lines and
 * all.
 */
final class EvaluationText {

  /** Characters of a plain text taken as one document; a longer one is cut at a line's end. */
  private static final int LONGEST = 1 << 22;

  private EvaluationText() {}

  /**
   * Opens a text.
   *
   * @throws InvalidInputException where there is none
   */
  static Corpus.Documents open(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    boolean plain = Corpus.plain(name) && !Corpus.compressed(name);
    if (Files.isDirectory(file) || !plain && Files.exists(file)) {
      return Corpus.open(file.toString()).documents();
    }
    return new PlainText(file);
  }

  /** Windows of at most {@code length} predictions, one token more each. */
  static List<int[]> windows(int[] tokens, int length) {
    List<int[]> windows = new ArrayList<>();
    for (int from = 0; from + 1 < tokens.length; from += length) {
      windows.add(Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + length + 1)));
    }
    return windows;
  }

  private static final class PlainText implements Corpus.Documents {
    private final Path file;
    private final BufferedReader reader;
    private String next;

    PlainText(Path file) {
      this.file = file;
      try {
        if (!Files.isRegularFile(file)) {
          throw new InvalidInputException(
              file + ": no such file.\nMaybe the path is relative to another folder.");
        }
        // Bytes that are not UTF-8 become replacement characters.
        this.reader =
            new BufferedReader(
                new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8));
        this.next = read();
      } catch (IOException e) {
        throw unreadable(e);
      }
    }

    private String read() throws IOException {
      StringBuilder text = new StringBuilder();
      int c;
      while ((c = reader.read()) >= 0) {
        text.append((char) c);
        if (c == '\n' && text.length() >= LONGEST || text.length() >= 2 * LONGEST) {
          break;
        }
      }
      String document = text.toString();
      String fault = SoundText.fault(document);
      if (fault != null) {
        throw new InvalidInputException(
            "%s: %s.\nMaybe it is binary, or in another encoding than UTF-8: convert it."
                .formatted(file, fault));
      }
      return document.isEmpty() ? null : document;
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public String next() {
      if (next == null) {
        throw new NoSuchElementException();
      }
      try {
        String document = next;
        next = read();
        return document;
      } catch (IOException e) {
        throw unreadable(e);
      }
    }

    private InvalidInputException unreadable(IOException e) {
      return new InvalidInputException(
          file + ": cannot be read: " + e.getMessage() + ".\nMaybe check its permissions.", e);
    }

    @Override
    public void close() {
      try {
        reader.close();
      } catch (IOException e) {
        throw unreadable(e);
      }
    }
  }
}

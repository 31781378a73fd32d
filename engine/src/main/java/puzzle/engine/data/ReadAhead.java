package puzzle.engine.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.NoSuchElementException;
import puzzle.engine.jinja.TemplateException;
import puzzle.model.InvalidInputException;

/** Documents of one file, opened when the first is asked for and read one document ahead. */
abstract class ReadAhead implements Corpus.Documents {

  /** Share of documents that are no text, above which a file is refused. */
  private static final double MOST_BAD = 0.01;

  /** Documents after which a share of bad ones is judged. */
  private static final int SOME = 1000;

  private Closeable file;
  private long read;
  private long bad;
  private long empty;
  private String firstBad;
  private String next;
  private boolean ended;

  /** Opens the file; it is closed at its end, at an error, or by {@link #close}. */
  abstract Closeable open() throws IOException;

  /**
   * Reads on.
   *
   * @return a document; null or blank if there is none here, which is passed over
   */
  abstract String read() throws IOException;

  /** File and line or row of the last document. */
  abstract String place();

  /** True if the file is text as it stands: one byte that is none makes all of it suspicious. */
  boolean plain() {
    return false;
  }

  /** Says where and why the file cannot be read. */
  abstract InvalidInputException unreadable(String reason);

  @Override
  public final boolean hasNext() {
    while (next == null && !ended) {
      try {
        if (file == null) {
          file = open();
        }
        String document = read();
        boolean blank = document == null || document.isBlank();
        empty += document != null && blank ? 1 : 0;
        next = blank ? null : sound(document);
      } catch (TemplateException e) {
        // A conversation that the model's template does not take.
        leaveOut(e.getMessage());
      } catch (InvalidInputException e) {
        close();
        throw e;
      } catch (IOException | RuntimeException e) {
        // What libraries throw at a damaged file is of many kinds.
        close();
        throw unreadable(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      }
    }
    if (ended) {
      judge();
    }
    return next != null;
  }

  /** Null if it is no text. */
  private String sound(String document) {
    String fault = SoundText.fault(document);
    if (fault == null) {
      read++;
      return document;
    }
    if (plain() && document.indexOf(0) >= 0) {
      throw new InvalidInputException(
          "%s: %s.\nMaybe it is binary, or UTF-16: convert it to UTF-8 or leave it out."
              .formatted(place(), fault));
    }
    leaveOut(fault);
    return null;
  }

  private void leaveOut(String reason) {
    bad++;
    firstBad = firstBad == null ? place() + ": " + InvalidInputException.shown(reason) : firstBad;
    if (bad + read >= SOME) {
      judge();
    }
  }

  /** Some bad documents are left out of a large file; where they are many, the file is wrong. */
  private void judge() {
    if (bad > MOST_BAD * (bad + read)) {
      String first = firstBad;
      close();
      throw new InvalidInputException(
          "%s; %d of %d documents up to here are no text.\nMaybe the file is binary, in another encoding than UTF-8, or of another kind than its name says: mend it or leave it out."
              .formatted(first, bad, bad + read));
    }
  }

  @Override
  public final long empty() {
    return empty;
  }

  @Override
  public final long leftOut() {
    return bad;
  }

  @Override
  public final String next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    String document = next;
    next = null;
    return document;
  }

  @Override
  public final void close() {
    ended = true;
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // It was only read.
    }
  }
}

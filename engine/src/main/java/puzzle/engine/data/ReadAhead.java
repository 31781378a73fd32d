package puzzle.engine.data;

import java.io.Closeable;
import java.io.IOException;
import java.util.NoSuchElementException;
import puzzle.model.InvalidInputException;

/** Documents of one file, opened when the first is asked for and read one document ahead. */
abstract class ReadAhead implements Corpus.Documents {

  private Closeable file;
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
        next = document == null || document.isBlank() ? null : document;
      } catch (InvalidInputException e) {
        close();
        throw e;
      } catch (IOException | RuntimeException e) {
        // What libraries throw at a damaged file is of many kinds.
        close();
        throw unreadable(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
      }
    }
    return next != null;
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

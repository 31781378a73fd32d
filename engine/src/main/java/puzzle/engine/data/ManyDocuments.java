package puzzle.engine.data;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The documents of several corpora, one after the other, one open at a time. */
final class ManyDocuments implements Corpus.Documents {

  private final Iterator<? extends Corpus> rest;
  private Corpus.Documents current;
  private long bytes;
  private long leftOut;
  private long empty;

  ManyDocuments(List<? extends Corpus> corpora) {
    this.rest = corpora.iterator();
  }

  static Corpus.Documents over(Iterator<String> texts) {
    return new Corpus.Documents() {
      @Override
      public boolean hasNext() {
        return texts.hasNext();
      }

      @Override
      public String next() {
        return texts.next();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public boolean hasNext() {
    while (current == null || !current.hasNext()) {
      close();
      if (!rest.hasNext()) {
        return false;
      }
      current = rest.next().documents();
    }
    return true;
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return current.next();
  }

  @Override
  public long bytes() {
    return bytes + (current == null ? 0 : current.bytes());
  }

  @Override
  public long empty() {
    return empty + (current == null ? 0 : current.empty());
  }

  @Override
  public long leftOut() {
    return leftOut + (current == null ? 0 : current.leftOut());
  }

  @Override
  public void close() {
    if (current != null) {
      bytes += current.bytes();
      leftOut += current.leftOut();
      empty += current.empty();
      current.close();
      current = null;
    }
  }
}

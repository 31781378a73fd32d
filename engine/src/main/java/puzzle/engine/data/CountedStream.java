package puzzle.engine.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Counts the bytes that were read. */
final class CountedStream extends FilterInputStream {

  private volatile long count;

  CountedStream(InputStream in) {
    super(in);
  }

  long count() {
    return count;
  }

  @Override
  public int read() throws IOException {
    int value = in.read();
    add(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int some = in.read(into, offset, length);
    add(Math.max(0, some));
    return some;
  }

  /** One thread reads; others may ask. */
  @SuppressWarnings("NonAtomicOperationOnVolatileField")
  private void add(int some) {
    count += some;
  }
}

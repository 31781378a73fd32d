package puzzle.engine.decoder;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** One tensor front to back through one buffer. */
final class WeightParts implements Iterator<FloatBuffer> {

  private static final int PART = 1 << 20;

  private final WeightSource source;
  private final String name;
  private final long size;
  private final FloatBuffer buffer;
  private long next;

  WeightParts(WeightSource source, String name) {
    this.source = source;
    this.name = name;
    this.size = Arrays.stream(source.shape(name)).reduce(1, Math::multiplyExact);
    this.buffer =
        ByteBuffer.allocateDirect((int) Math.min(size, PART) * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
  }

  @Override
  public boolean hasNext() {
    return next < size;
  }

  @Override
  public FloatBuffer next() {
    if (!hasNext()) {
      throw new NoSuchElementException(name);
    }
    buffer.position(0).limit((int) Math.min(PART, size - next));
    source.read(name, next, buffer);
    next += buffer.remaining();
    return buffer;
  }
}

package puzzle.engine.safetensors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * A safetensors file of one float tensor that is written as its values come, front to back: nobody
 * holds more of it than a piece. The bytes are those of a {@link SafetensorsWriter}.
 */
public final class TensorStream {

  private final OutputStream out;
  private final ElementType type;
  private final String name;
  private final long[] shape;
  private final ByteBuffer chunk = SafetensorsWriter.chunk();
  private long due;

  /**
   * Writes the header.
   *
   * @param type F32, F16 or BF16
   */
  public TensorStream(OutputStream out, ElementType type, String name, long... shape)
      throws IOException {
    this.out = out;
    this.type = type;
    this.name = name;
    this.shape = shape.clone();
    this.due = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    header(type, name, shape).writeHeader(out);
  }

  /** Writes a buffer from position 0 to its limit. */
  public void write(FloatBuffer values) throws IOException {
    due -= SafetensorsWriter.writePart(out, type, values, chunk);
  }

  /** Ends the tensor; the stream is its owner's to close. */
  public void end() {
    if (due != 0) {
      throw new IllegalStateException(
          "tensor '%s' of shape %s lacks %d values".formatted(name, Arrays.toString(shape), due));
    }
  }

  /** Bytes of the whole file. */
  public static long bytes(ElementType type, String name, long... shape) {
    try {
      long[] header = {0};
      OutputStream counting =
          new OutputStream() {
            @Override
            public void write(int b) {
              header[0]++;
            }
          };
      SafetensorsWriter writer = header(type, name, shape);
      writer.writeHeader(counting);
      return header[0] + writer.dataBytes();
    } catch (IOException e) {
      throw new AssertionError("nothing is written", e);
    }
  }

  private static SafetensorsWriter header(ElementType type, String name, long... shape) {
    return new SafetensorsWriter(type)
        .addParts(
            name,
            shape,
            () -> {
              throw new IllegalStateException("values come by and by");
            });
  }
}

package puzzle.engine.decoder;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/** Named weights under their Hugging Face names, wherever they lie. */
public interface WeightSource {

  Set<String> names();

  /** Shape of one tensor, [out, in] for projections. */
  long[] shape(String name);

  /**
   * One tensor as fp32, row-major, whatever the file keeps; read when asked, so that a model larger
   * than memory can be taken layer by layer. Little-endian; for tensors that fit a buffer.
   *
   * @throws puzzle.model.InvalidInputException if it is missing or unreadable, naming the file
   */
  FloatBuffer fp32(String name);

  /**
   * A run of one tensor's elements, row-major, converted into a buffer of the caller's, so that a
   * tensor of any size can be read in parts through one buffer. Parts in their order cost no more
   * than the whole.
   *
   * @param first index of the first element
   * @param into filled from its position to its limit; neither is moved
   */
  void read(String name, long first, FloatBuffer into);

  /** Where a file keeps a tensor as it is, if one does and a program may map it. */
  default Optional<Place> place(String name) {
    return Optional.empty();
  }

  /** Reads a tensor's bytes from disk into the system's cache, and nothing into memory. */
  default void warm(String name) {}

  /** The types that files are mapped in. */
  enum Kept {
    FP32(4),
    FP16(2),
    BF16(2);

    private final int bytes;

    Kept(int bytes) {
      this.bytes = bytes;
    }

    public int bytes() {
      return bytes;
    }
  }

  /**
   * A tensor in a file. Positions are in elements of its type, from the file's first byte.
   *
   * @param elements of the whole file
   * @param first of the tensor
   */
  record Place(Path file, long elements, Kept type, long first) {}

  /** One tensor front to back in parts, each valid until the next one is asked for. */
  default Iterator<FloatBuffer> parts(String name) {
    return new WeightParts(this, name);
  }
}

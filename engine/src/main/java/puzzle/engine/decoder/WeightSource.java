package puzzle.engine.decoder;

import java.nio.FloatBuffer;
import java.util.Iterator;
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

  /** One tensor front to back in parts, each valid until the next one is asked for. */
  default Iterator<FloatBuffer> parts(String name) {
    return new WeightParts(this, name);
  }
}

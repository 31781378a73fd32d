package puzzle.engine.checkpoint;

import java.nio.FloatBuffer;
import java.util.Set;

/** Named weights under their Hugging Face names, wherever they lie. */
public interface WeightSource {

  Set<String> names();

  /** Shape of one tensor, [out, in] for projections. */
  long[] shape(String name);

  /**
   * One tensor as fp32, row-major, whatever the file keeps; read when asked, so that a model larger
   * than memory can be taken layer by layer. Direct memory, little-endian.
   *
   * @throws puzzle.engine.InvalidInputException if it is missing or unreadable, naming the file
   */
  FloatBuffer fp32(String name);
}

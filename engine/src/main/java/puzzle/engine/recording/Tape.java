package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;

/** A recorded tensor [sequences, tokens, width], read a few sequences at a time. */
public final class Tape {

  private final SafetensorsFile file;
  private final String name;
  private final long[] shape;

  Tape(SafetensorsFile file, String name) {
    this.file = file;
    this.name = name;
    this.shape = file.shape(name);
  }

  public int sequences() {
    return (int) shape[0];
  }

  /** Consecutive sequences, [count, tokens, width]. */
  public NDArray read(NDManager manager, int from, int count) {
    long width = shape[1] * shape[2];
    ByteBuffer bytes = file.bytes(name, from * width, Math.toIntExact(count * width));
    return file.type(name) == ElementType.F16
        ? Tensors.half(manager, bytes, count, shape[1], shape[2])
        : Tensors.single(manager, bytes, count, shape[1], shape[2]);
  }

  /** Sum of squares over chosen sequences. */
  public double squares(int[] chosen) {
    int width = Math.toIntExact(shape[1] * shape[2]);
    double sum = 0;
    for (int sequence : chosen) {
      FloatBuffer values = file.fp32(name, (long) sequence * width, width);
      for (int i = 0; i < width; i++) {
        double value = values.get(i);
        sum += value * value;
      }
    }
    return sum;
  }

  /** Chosen sequences, in that order, [chosen, tokens, width]. */
  public NDArray read(NDManager manager, int[] chosen) {
    int width = Math.toIntExact(shape[1] * shape[2]);
    return Tensors.fp32(
        manager,
        values -> {
          for (int sequence : chosen) {
            values.put(file.fp32(name, (long) sequence * width, width));
          }
        },
        chosen.length,
        shape[1],
        shape[2]);
  }
}

package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.SafetensorsFile;

/**
 * States that are on disk, in one file or, end to end, in several. They are mapped when the tape is
 * opened, so they stay readable if the files are deleted.
 */
final class RecordedTape implements Tape, WeightSource {

  /** Elements that are read at once. */
  private static final int PART = 1 << 20;

  private final List<SafetensorsFile> files;
  private final String tensor;
  private final long[] shape;

  /** First element of each file. */
  private final List<Long> firsts = new ArrayList<>();

  RecordedTape(List<SafetensorsFile> files, String tensor) {
    this.files = List.copyOf(files);
    this.tensor = tensor;
    this.shape = files.get(0).shape(tensor);
    this.shape[0] = 0;
    for (SafetensorsFile file : files) {
      file.hold(tensor);
      firsts.add(shape[0] * width());
      shape[0] += file.shape(tensor)[0];
    }
  }

  /** Elements of one sequence. */
  private long width() {
    return shape[1] * shape[2];
  }

  @Override
  public int sequences() {
    return Math.toIntExact(shape[0]);
  }

  @Override
  public NDArray read(NDManager manager, int from, int count) {
    return Tensors.read(manager, this, tensor, from * width(), count, shape[1], shape[2]);
  }

  @Override
  public NDArray read(NDManager manager, int[] chosen) {
    long[] starts = Arrays.stream(chosen).mapToLong(sequence -> sequence * width()).toArray();
    return Tensors.gather(manager, this, tensor, starts, chosen.length, shape[1], shape[2]);
  }

  @Override
  public double squares(int[] chosen) {
    FloatBuffer values =
        ByteBuffer.allocateDirect((int) Math.min(PART, width()) * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    double sum = 0;
    for (int sequence : chosen) {
      for (long done = 0; done < width(); done += values.remaining()) {
        values.limit((int) Math.min(values.capacity(), width() - done));
        read(tensor, sequence * width() + done, values);
        for (int i = 0; i < values.limit(); i++) {
          double value = values.get(i);
          sum += value * value;
        }
      }
    }
    return sum;
  }

  @Override
  public Set<String> names() {
    return Set.of(tensor);
  }

  @Override
  public long[] shape(String name) {
    return shape.clone();
  }

  @Override
  public FloatBuffer fp32(String name) {
    FloatBuffer all = FloatBuffer.allocate(Math.toIntExact(shape[0] * width()));
    read(name, 0, all);
    return all;
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    int file = files.size() - 1;
    while (firsts.get(file) > first) {
      file--;
    }
    int done = 0;
    while (done < into.remaining()) {
      long at = first + done - firsts.get(file);
      int count = (int) Math.min(into.remaining() - done, files.get(file).elements(tensor) - at);
      files.get(file).read(tensor, at, into.slice(into.position() + done, count));
      done += count;
      file++;
    }
  }
}

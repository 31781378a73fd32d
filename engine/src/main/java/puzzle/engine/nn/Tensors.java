package puzzle.engine.nn;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.decoder.WeightSource.Kept;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.SignOfLife;

/**
 * The few tensor operations outside {@link Kernels}: making arrays that own their memory, reading
 * them back, and gradient mode.
 *
 * <p>An array made by DJL over a Java buffer does not own its memory, and neither does a view of
 * it; everything made here is copied once into native memory.
 */
public final class Tensors {

  /** Elements copied at once. */
  private static final int PART = 1 << 22;

  private static final int LARGEST_SCRATCH = 1 << 26;
  private static final ThreadLocal<ByteBuffer> SCRATCH = new ThreadLocal<>();

  private static final NDManager ROOT = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());

  private Tensors() {}

  /** Parent of every manager; lives as long as the process. */
  public static NDManager root() {
    return ROOT;
  }

  /** Threads of one operation, for the whole process. */
  public static void threads(int count) {
    JniUtils.setNumThreads(count);
  }

  /** fp32 array of the given shape with the buffer's content. */
  public static NDArray fp32(NDManager manager, FloatBuffer data, long... shape) {
    return fp32(manager, values -> values.put(data.duplicate()), shape);
  }

  /**
   * fp32 array of the given shape.
   *
   * @param fill writes all elements, row-major, front to back
   */
  public static NDArray fp32(NDManager manager, Consumer<FloatBuffer> fill, long... shape) {
    Shape of = new Shape(shape);
    return owned(
        manager,
        () -> {
          ByteBuffer bytes = scratch(Math.toIntExact(of.size() * Float.BYTES));
          fill.accept(bytes.asFloatBuffer());
          return manager.create(bytes, of, DataType.FLOAT32);
        });
  }

  /**
   * A named weight as an fp32 array of its own, copied in parts, so that a tensor may be larger
   * than any buffer and costs its own memory only.
   */
  public static NDArray load(NDManager manager, WeightSource source, String name) {
    return load(manager, source, name, PART);
  }

  static NDArray load(NDManager manager, WeightSource source, String name, int part) {
    Shape shape = new Shape(source.shape(name));
    NDArray array = detached(manager, () -> manager.create(shape, DataType.FLOAT32));
    assign(array, source, name, part);
    return array;
  }

  /**
   * A run of a named tensor's elements as an fp32 array of the caller's scope.
   *
   * @param first index of the first element
   */
  public static NDArray read(
      NDManager manager, WeightSource source, String name, long first, long... shape) {
    NDArray array = manager.create(new Shape(shape), DataType.FLOAT32);
    fill(array, 0, source, name, first, array.size(), PART);
    return array;
  }

  /**
   * Copies runs of a named tensor's elements one behind another into an array of the caller's
   * scope.
   *
   * @param firsts index of the first element of each run
   * @param shape runs and the elements of one, more finely if wished
   */
  public static NDArray gather(
      NDManager manager, WeightSource source, String name, long[] firsts, long... shape) {
    NDArray array = manager.create(new Shape(shape), DataType.FLOAT32);
    long each = array.size() / firsts.length;
    for (int i = 0; i < firsts.length; i++) {
      fill(array, i * each, source, name, firsts[i], each, PART);
    }
    return array;
  }

  /** Copies a named weight into a parameter of its shape, in place and in parts. */
  public static void assign(NDArray parameter, WeightSource source, String name) {
    assign(parameter, source, name, PART);
  }

  private static void assign(NDArray array, WeightSource source, String name, int part) {
    fill(array, 0, source, name, 0, array.size(), part);
  }

  /** Copies {@code size} elements from {@code first} on to {@code to} and on, as if flat. */
  private static void fill(
      NDArray array, long to, WeightSource source, String name, long first, long size, int part) {
    NDManager manager = array.getManager();
    ByteBuffer bytes = scratch(Math.toIntExact(Math.min(size, part) * Float.BYTES));
    for (long done = 0; done < size; done += part) {
      int count = (int) Math.min(part, size - done);
      SignOfLife.give();
      source.read(name, first + done, bytes.asFloatBuffer().limit(count));
      long at = to + done;
      inference(
          () -> {
            ByteBuffer filled = bytes.duplicate().order(bytes.order()).limit(count * Float.BYTES);
            // Borrows the buffer, which stays as long as the call.
            NDArray values = manager.create(filled, new Shape(count), DataType.FLOAT32);
            return Kernels.call("fill", array, values, integers(manager, at));
          });
    }
  }

  /** fp32 array of the given shape with the array's content. */
  public static NDArray fp32(NDManager manager, float[] data, long... shape) {
    return fp32(manager, FloatBuffer.wrap(data), shape);
  }

  /** int64 array [sequences, tokens] of {@code columns} tokens from {@code from} on. */
  public static NDArray ids(NDManager manager, int[][] sequences, int from, int columns) {
    Shape of = new Shape(sequences.length, columns);
    return owned(
        manager,
        () -> {
          ByteBuffer bytes = scratch(sequences.length * columns * Long.BYTES);
          for (int[] sequence : sequences) {
            for (int i = from; i < from + columns; i++) {
              bytes.putLong(sequence[i]);
            }
          }
          bytes.rewind();
          return manager.create(bytes, of, DataType.INT64);
        });
  }

  /** Native 0-dimensional constant. */
  public static NDArray scalar(NDManager manager, double value) {
    return manager.full(new Shape(), (float) value, DataType.FLOAT32);
  }

  /** int64 array that borrows Java's memory: for the arguments of one call. */
  static NDArray integers(NDManager manager, long... values) {
    return manager.create(values);
  }

  /** Native zeros of type fp32. */
  public static NDArray zeros(NDManager manager, long... shape) {
    return manager.zeros(new Shape(shape), DataType.FLOAT32);
  }

  /** A copy that owns its memory, in another manager and outside the caller's scope. */
  public static NDArray keep(NDArray array, NDManager manager) {
    NDArray copy = array.duplicate();
    NDScope.unregister(copy);
    copy.attach(manager);
    return copy;
  }

  /** The array's content, row-major, in a direct little-endian buffer of its own. */
  public static FloatBuffer read(NDArray array) {
    ByteBuffer bytes = direct(Math.toIntExact(array.size() * Float.BYTES));
    if (array instanceof FrozenArray) {
      FloatBuffer values = bytes.asFloatBuffer();
      parts(array).forEachRemaining(values::put);
      return values.rewind();
    }
    bytes.put(array.toByteBuffer(true)).rewind();
    return bytes.asFloatBuffer();
  }

  /** A weight as fp32, whatever a model holds it in: itself, or a copy of the caller's scope. */
  public static NDArray fp32(NDManager manager, NDArray weight) {
    return weight instanceof FrozenArray
        ? Kernels.call("converted", integers(manager, WeightLoader.kind(Kept.FP32)), weight)
        : weight;
  }

  /** The array's content, row-major, in parts, each valid until the next one is asked for. */
  public static Iterator<FloatBuffer> parts(NDArray array) {
    long size = array.size();
    return LongStream.iterate(0, first -> first < size, first -> first + PART)
        .mapToObj(first -> part(array, first, (int) Math.min(PART, size - first)))
        .iterator();
  }

  private static FloatBuffer part(NDArray array, long first, int count) {
    return inference(
        () -> {
          ByteBuffer bytes = scratch(count * Float.BYTES);
          NDArray part = Kernels.call("part", integers(ROOT, first, count), array);
          bytes.put(part.toByteBuffer(true)).rewind();
          return bytes.asFloatBuffer();
        });
  }

  /** Copies values into a parameter in place; the parameter keeps its gradient flag. */
  public static void assign(NDArray parameter, FloatBuffer values) {
    inference(
        () ->
            Kernels.call(
                "assign",
                parameter,
                fp32(parameter.getManager(), values, parameter.getShape().getShape())));
  }

  /** Copies one array's values into another of the same shape. */
  public static void copy(NDArray from, NDArray to) {
    inference(() -> Kernels.call("assign", to, from));
  }

  /** Makes all of an array's elements 0. */
  public static void clear(NDArray array) {
    inference(() -> Kernels.call("clear", Kernels.inList("g", array)));
  }

  /** Adds up gradients of {@code loss}, a scalar, into every parameter it depends on. */
  public static void backward(NDArray loss) {
    JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
  }

  /** The gradient added up so far, or null if nothing was propagated to this parameter. */
  public static NDArray gradient(NDArray parameter) {
    return JniUtils.getGradient((PtNDArray) parameter);
  }

  /** Runs work with gradients recorded on this thread. */
  public static <T> T training(Supplier<T> work) {
    return withGradients(true, work);
  }

  /** Runs work without gradients; grad mode is on by default in every new thread. */
  public static <T> T inference(Supplier<T> work) {
    return withGradients(false, work);
  }

  /** Work whose operations are not recorded; results belong to the scope around it. */
  public static NDArray paused(Supplier<NDArray> work) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    try {
      return work.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  private static <T> T withGradients(boolean on, Supplier<T> work) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(on);
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return work.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  /** An array that outlives the caller's scope: it lives until its manager is closed. */
  public static NDArray detached(NDManager manager, Supplier<NDArray> make) {
    NDArray array = make.get();
    NDScope.unregister(array);
    array.attach(manager);
    return array;
  }

  private static NDArray owned(NDManager manager, Supplier<NDArray> make) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(false);
    NDArray borrowed = make.get();
    try {
      return borrowed.duplicate();
    } finally {
      borrowed.close();
      JniUtils.setGradMode(before);
    }
  }

  /**
   * Memory to fill and copy from at once: the thread's own as long as it is not too large to keep,
   * since a new buffer is cleared first.
   */
  private static ByteBuffer scratch(int bytes) {
    if (bytes > LARGEST_SCRATCH) {
      return direct(bytes);
    }
    ByteBuffer kept = SCRATCH.get();
    if (kept == null || kept.capacity() < bytes) {
      kept = direct(bytes);
      SCRATCH.set(kept);
    }
    return kept.slice(0, bytes).order(ByteOrder.nativeOrder());
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  /** A file of arrays under their names, read when it is written. */
  public static SafetensorsWriter writer(ElementType type, Map<String, NDArray> arrays) {
    SafetensorsWriter writer = new SafetensorsWriter(type);
    arrays.forEach(
        (name, array) -> writer.addParts(name, array.getShape().getShape(), () -> parts(array)));
    return writer;
  }
}

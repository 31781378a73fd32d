package puzzle.engine.safetensors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.files.StandIns;
import puzzle.model.InvalidInputException;

/**
 * One safetensors file, memory-mapped in windows that overlap, since a Java buffer ends at 2 GiB: a
 * run of elements of up to 1 GiB lies whole in one of them. A file of any size takes few mappings,
 * each made when something in it is first read. Opening reads the header only and holds no file
 * handle: there is nothing to close, and mappings go with this object and the buffers it gave.
 */
public final class SafetensorsFile implements WeightSource {

  /** The most fp32 elements one buffer can hold. */
  public static final long MAX_ELEMENTS = Integer.MAX_VALUE / Float.BYTES;

  /** Elements read ahead at once. */
  private static final int WARMED = 1 << 22;

  private static final long STRIDE = 1L << 30;
  private static final long WINDOW = Integer.MAX_VALUE;

  private final Path file;
  private final long fileBytes;
  private final SafetensorsHeader header;

  /** By their first byte, a multiple of the stride. */
  private final Map<Long, ByteBuffer> windows = new ConcurrentHashMap<>();

  private SafetensorsFile(Path file, long fileBytes, SafetensorsHeader header) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.header = header;
  }

  /**
   * Reads and checks the header.
   *
   * @throws InvalidInputException naming the file and the byte, if it is not a sound safetensors
   *     file
   */
  public static SafetensorsFile open(Path file) {
    StandIns.refuse(file);
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file + ": no such file.\nMaybe the path is relative to another folder.");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new SafetensorsFile(file, channel.size(), SafetensorsHeader.read(file, channel));
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /** The file's {@code __metadata__}. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(header.metadata);
  }

  @Override
  public Set<String> names() {
    return header.tensors().keySet();
  }

  @Override
  public long[] shape(String name) {
    return tensor(name).shape().clone();
  }

  public ElementType type(String name) {
    return tensor(name).type();
  }

  /** Elements of one tensor. */
  public long elements(String name) {
    return tensor(name).elements();
  }

  @Override
  public FloatBuffer fp32(String name) {
    TensorInfo tensor = tensor(name);
    if (tensor.elements() > MAX_ELEMENTS || tensor.bytes() > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "%s: tensor '%s' %s has more elements than one buffer holds, %s.\nMaybe read it in parts."
              .formatted(file, name, tensor, MAX_ELEMENTS));
    }
    return fp32(name, 0, (int) tensor.elements());
  }

  /**
   * A run of one tensor's elements as fp32: a tensor too large for one buffer is read in several.
   * Zero-copy for fp32 that lies on a multiple of four bytes, converted otherwise.
   *
   * @param first index of the first element, row-major
   */
  public FloatBuffer fp32(String name, long first, int count) {
    TensorInfo tensor = floats(name);
    ByteBuffer bytes = map(tensor, first, count);
    if (tensor.type() == ElementType.F32 && bytes.alignmentOffset(0, Float.BYTES) == 0) {
      return bytes.asFloatBuffer();
    }
    FloatBuffer copy =
        ByteBuffer.allocateDirect(Math.multiplyExact(count, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    convert(tensor.type(), bytes, copy);
    return copy;
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    TensorInfo tensor = floats(name);
    convert(tensor.type(), map(tensor, first, into.remaining()), into.slice());
  }

  @Override
  public Optional<Place> place(String name) {
    TensorInfo tensor = floats(name);
    int bytes = tensor.type().bytes();
    if (tensor.type() == ElementType.F64 || tensor.position() % bytes != 0) {
      return Optional.empty();
    }
    Kept kept =
        switch (tensor.type()) {
          case F32 -> Kept.FP32;
          case F16 -> Kept.FP16;
          default -> Kept.BF16;
        };
    return Optional.of(new Place(file, fileBytes / bytes, kept, tensor.position() / bytes));
  }

  @Override
  public void warm(String name) {
    TensorInfo tensor = tensor(name);
    for (long first = 0; first < tensor.elements(); first += WARMED) {
      int count = (int) Math.min(WARMED, tensor.elements() - first);
      if (map(tensor, first, count) instanceof MappedByteBuffer part) {
        part.load();
      }
    }
  }

  /** A run of one tensor's bytes as the file keeps them, little-endian. */
  public ByteBuffer bytes(String name, long first, int count) {
    return map(tensor(name), first, count);
  }

  private TensorInfo floats(String name) {
    TensorInfo tensor = tensor(name);
    if (!tensor.type().floating()) {
      throw new InvalidInputException(
          "%s: tensor '%s' is %s, not F64, F32, F16 or BF16.\nMaybe the checkpoint is quantised: fetch it in bf16."
              .formatted(file, name, tensor.type()));
    }
    return tensor;
  }

  private static void convert(ElementType type, ByteBuffer bytes, FloatBuffer to) {
    int count = to.limit();
    switch (type) {
      case F32 -> to.put(0, bytes.asFloatBuffer(), 0, count);
      case F64 -> {
        for (int i = 0; i < count; i++) {
          to.put(i, (float) bytes.getDouble(i * Double.BYTES));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          to.put(i, HalfPrecision.fromBf16(bytes.getShort(i * Short.BYTES)));
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          to.put(i, HalfPrecision.fromFp16(bytes.getShort(i * Short.BYTES)));
        }
      }
    }
  }

  /** Maps a tensor now, so that it stays readable if the file is renamed or deleted. */
  public void hold(String name) {
    TensorInfo tensor = tensor(name);
    long begin = tensor.position() / STRIDE * STRIDE;
    for (long at = begin; at < tensor.position() + tensor.bytes(); at += STRIDE) {
      window(at);
    }
  }

  /** A run of one tensor of 32-bit integers. */
  public IntBuffer i32(String name, long first, int count) {
    TensorInfo tensor = tensor(name);
    if (tensor.type() != ElementType.I32) {
      throw new InvalidInputException(
          "%s: tensor '%s' is %s, not I32.\nMaybe the file was written for another purpose."
              .formatted(file, name, tensor.type()));
    }
    return bytes(name, first, count).asIntBuffer();
  }

  /** One tensor of 64-bit integers. */
  public LongBuffer i64(String name) {
    TensorInfo tensor = tensor(name);
    if (tensor.type() != ElementType.I64) {
      throw new InvalidInputException(
          "%s: tensor '%s' is %s, not I64.\nMaybe the file was written for another purpose."
              .formatted(file, name, tensor.type()));
    }
    if (tensor.bytes() > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          file + ": tensor '" + name + "' " + tensor + " is over 2 GiB.\nMaybe split it.");
    }
    return map(tensor, 0, (int) tensor.elements()).asLongBuffer();
  }

  private ByteBuffer map(TensorInfo tensor, long first, int count) {
    if (first < 0 || count < 0 || first + count > tensor.elements()) {
      throw new IndexOutOfBoundsException(
          "elements " + first + " + " + count + " of " + tensor.elements());
    }
    long length = (long) count * tensor.type().bytes();
    if (length > Integer.MAX_VALUE || count > MAX_ELEMENTS) {
      throw new IndexOutOfBoundsException(count + " elements of " + tensor + " in one buffer");
    }
    if (length == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    long begin = tensor.position() + first * tensor.type().bytes();
    long inside = begin % STRIDE;
    if (inside + length > WINDOW) {
      return mapped(begin, length);
    }
    return window(begin - inside).slice((int) inside, (int) length).order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer window(long begin) {
    return windows.computeIfAbsent(begin, at -> mapped(at, Math.min(WINDOW, fileBytes - at)));
  }

  private ByteBuffer mapped(long position, long length) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() != fileBytes) {
        throw new InvalidInputException(
            "%s: has %s bytes, had %s when opened.\nMaybe another program is writing it."
                .formatted(file, channel.size(), fileBytes));
      }
      return channel
          .map(FileChannel.MapMode.READ_ONLY, position, length)
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private TensorInfo tensor(String name) {
    TensorInfo tensor = header.tensors.get(name);
    if (tensor == null) {
      throw new InvalidInputException(
          file + ": no tensor '" + name + "'.\nMaybe the file belongs to another model.");
    }
    return tensor;
  }

  private static InvalidInputException unreadable(Path file, IOException e) {
    String reason = e instanceof NoSuchFileException ? "no such file" : e.getMessage();
    return new InvalidInputException(
        file + ": cannot be read: " + reason + ".\nMaybe check its permissions.", e);
  }
}

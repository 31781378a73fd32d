package puzzle.engine.safetensors;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.files.StorageException;

/**
 * Writes safetensors, a tensor at a time: values are asked for when their turn comes, so a model
 * larger than memory can be written, and one larger than a buffer in parts. Floats go out as F32,
 * F16 or BF16, rounded to nearest even.
 *
 * <p>The same tensors give the same bytes: order of adding, wider elements first, so that every
 * tensor is aligned for zero-copy reading.
 */
public final class SafetensorsWriter {

  private static final int CHUNK = 1 << 16;
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Entry(
      String name, ElementType type, long[] shape, long elements, Supplier<?> values) {
    long bytes() {
      return elements * type.bytes();
    }
  }

  private final ElementType floats;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /**
   * @param floats F32, F16 or BF16, for all float tensors
   */
  public SafetensorsWriter(ElementType floats) {
    if (floats != ElementType.F32 && floats != ElementType.F16 && floats != ElementType.BF16) {
      throw new IllegalArgumentException("floats are written as F32, F16 or BF16, not " + floats);
    }
    this.floats = floats;
  }

  /** A float tensor at hand; from position 0 to the buffer's limit. */
  public SafetensorsWriter add(String name, long[] shape, FloatBuffer values) {
    return add(name, shape, () -> values);
  }

  /** A float tensor to be asked for when its turn comes. */
  public SafetensorsWriter add(String name, long[] shape, Supplier<FloatBuffer> values) {
    return add(floats, name, shape, values);
  }

  /** A float tensor in consecutive parts, each made when its turn comes. */
  public SafetensorsWriter addParts(
      String name, long[] shape, Supplier<Iterator<FloatBuffer>> parts) {
    return add(floats, name, shape, parts);
  }

  /** A tensor of fp64. */
  public SafetensorsWriter addF64(String name, long[] shape, DoubleBuffer values) {
    return add(ElementType.F64, name, shape, () -> values);
  }

  /** A tensor of 32-bit integers in consecutive parts, each made when its turn comes. */
  public SafetensorsWriter addI32Parts(
      String name, long[] shape, Supplier<Iterator<IntBuffer>> parts) {
    return add(ElementType.I32, name, shape, parts);
  }

  /** A tensor of 64-bit integers. */
  public SafetensorsWriter addI64(String name, long[] shape, LongBuffer values) {
    return add(ElementType.I64, name, shape, () -> values);
  }

  private SafetensorsWriter add(ElementType type, String name, long[] shape, Supplier<?> values) {
    long elements = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException(name + " has shape " + Arrays.toString(shape));
      }
      elements = Math.multiplyExact(elements, dimension);
    }
    if (entries.putIfAbsent(name, new Entry(name, type, shape.clone(), elements, values)) != null
        || name.equals("__metadata__")) {
      throw new IllegalArgumentException("tensor '" + name + "' is added twice or reserved");
    }
    return this;
  }

  /** Bytes of the tensors, without header. */
  public long dataBytes() {
    return entries.values().stream().mapToLong(Entry::bytes).sum();
  }

  /**
   * Writes all tensors to one file, whole or not at all.
   *
   * @throws StorageException if it cannot be written
   */
  public AtomicFile.Written write(Path file) {
    return AtomicFile.write(file, this::writeTo);
  }

  /** Writes all tensors to a stream. */
  public void writeTo(OutputStream out) throws IOException {
    writeTo(out, List.copyOf(entries.values()));
  }

  /**
   * Writes {@code model.safetensors}, or where the tensors take more than a shard, {@code
   * model-0000k-of-0000n.safetensors} and their index. A tensor is never split.
   *
   * @return the file names written, in order
   */
  public List<String> writeFolder(Path folder, long maxShardBytes) {
    List<List<Entry>> shards = shards(maxShardBytes);
    if (shards.size() == 1) {
      write(folder.resolve(SafetensorsFolder.SINGLE));
      return List.of(SafetensorsFolder.SINGLE);
    }
    List<String> names = new ArrayList<>();
    Map<String, String> shardOf = new LinkedHashMap<>();
    for (int i = 0; i < shards.size(); i++) {
      List<Entry> shard = shards.get(i);
      String name = String.format("model-%05d-of-%05d.safetensors", i + 1, shards.size());
      AtomicFile.write(folder.resolve(name), out -> writeTo(out, shard));
      shard.forEach(entry -> shardOf.put(entry.name, name));
      names.add(name);
    }
    AtomicFile.write(folder.resolve(SafetensorsFolder.INDEX), out -> writeIndex(out, shardOf));
    names.add(SafetensorsFolder.INDEX);
    return names;
  }

  private List<List<Entry>> shards(long maxShardBytes) {
    List<List<Entry>> shards = new ArrayList<>(List.of(new ArrayList<>()));
    long room = maxShardBytes;
    for (Entry entry : entries.values()) {
      List<Entry> last = shards.get(shards.size() - 1);
      if (entry.bytes() > room && !last.isEmpty()) {
        last = new ArrayList<>();
        shards.add(last);
        room = maxShardBytes;
      }
      last.add(entry);
      room -= entry.bytes();
    }
    return shards;
  }

  private void writeIndex(OutputStream out, Map<String, String> shardOf) throws IOException {
    ObjectNode index = JSON.createObjectNode();
    index.putObject("metadata").put("total_size", dataBytes());
    ObjectNode map = index.putObject("weight_map");
    shardOf.forEach(map::put);
    out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(index));
  }

  private void writeTo(OutputStream out, List<Entry> chosen) throws IOException {
    List<Entry> ordered = ordered(chosen);
    writeHeader(out, ordered);
    ByteBuffer chunk = chunk();
    for (Entry entry : ordered) {
      writeValues(out, entry, chunk);
    }
  }

  /** What {@link #writeTo} writes before the values. */
  void writeHeader(OutputStream out) throws IOException {
    writeHeader(out, ordered(List.copyOf(entries.values())));
  }

  private static List<Entry> ordered(List<Entry> entries) {
    List<Entry> ordered = new ArrayList<>(entries);
    ordered.sort(Comparator.comparingInt((Entry entry) -> entry.type.bytes()).reversed());
    return ordered;
  }

  private static void writeHeader(OutputStream out, List<Entry> ordered) throws IOException {
    byte[] header = header(ordered);
    ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    out.write(length.putLong(0, header.length).array());
    out.write(header);
  }

  private static byte[] header(List<Entry> ordered) throws IOException {
    ObjectNode header = JSON.createObjectNode();
    // Without it, transformers refuses the file.
    header.putObject("__metadata__").put("format", "pt");
    long begin = 0;
    for (Entry entry : ordered) {
      ObjectNode tensor = header.putObject(entry.name).put("dtype", entry.type.name());
      ArrayNode shape = tensor.putArray("shape");
      Arrays.stream(entry.shape).forEach(shape::add);
      tensor.putArray("data_offsets").add(begin).add(begin + entry.bytes());
      begin += entry.bytes();
    }
    byte[] json = JSON.writeValueAsBytes(header);
    byte[] aligned = Arrays.copyOf(json, (json.length + 7) / Long.BYTES * Long.BYTES);
    Arrays.fill(aligned, json.length, aligned.length, (byte) ' ');
    return aligned;
  }

  /** Room for {@link #writePart}. */
  static ByteBuffer chunk() {
    return ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void writeValues(OutputStream out, Entry entry, ByteBuffer chunk)
      throws IOException {
    Object values = entry.values.get();
    long given = 0;
    if (values instanceof Iterator<?> parts) {
      while (parts.hasNext()) {
        given += writePart(out, entry.type, (Buffer) parts.next(), chunk);
      }
    } else {
      // Before anything is written, where that can be told.
      given = ((Buffer) values).limit();
    }
    if (given != entry.elements) {
      throw new IllegalArgumentException(
          "tensor '%s' has %s values, its shape %s says %s"
              .formatted(entry.name, given, Arrays.toString(entry.shape), entry.elements));
    }
    if (values instanceof Buffer whole) {
      writePart(out, entry.type, whole, chunk);
    }
  }

  /** Writes a buffer from position 0 to its limit; returns how many elements that are. */
  static int writePart(OutputStream out, ElementType type, Buffer values, ByteBuffer chunk)
      throws IOException {
    int given = values.limit();
    int perChunk = CHUNK / type.bytes();
    for (int first = 0; first < given; first += perChunk) {
      int count = Math.min(perChunk, given - first);
      chunk.clear();
      switch (type) {
        case F32 -> chunk.asFloatBuffer().put(0, (FloatBuffer) values, first, count);
        case BF16 -> {
          FloatBuffer floats = (FloatBuffer) values;
          for (int i = 0; i < count; i++) {
            chunk.putShort(2 * i, HalfPrecision.toBf16(floats.get(first + i)));
          }
        }
        case F16 -> {
          FloatBuffer floats = (FloatBuffer) values;
          for (int i = 0; i < count; i++) {
            chunk.putShort(2 * i, HalfPrecision.toFp16(floats.get(first + i)));
          }
        }
        case F64 -> chunk.asDoubleBuffer().put(0, (DoubleBuffer) values, first, count);
        case I32 -> chunk.asIntBuffer().put(0, (IntBuffer) values, first, count);
        default -> chunk.asLongBuffer().put(0, (LongBuffer) values, first, count);
      }
      out.write(chunk.array(), 0, count * type.bytes());
    }
    return given;
  }
}

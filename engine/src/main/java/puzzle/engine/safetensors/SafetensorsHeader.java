package puzzle.engine.safetensors;

import static puzzle.model.InvalidInputException.shown;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import puzzle.model.InvalidInputException;

/**
 * The header of a safetensors file, read as if written by an enemy.
 *
 * <p>The file is 8 bytes of header length (little-endian), a JSON object from tensor name to {@code
 * {dtype, shape, data_offsets}}, and the data. The header is streamed, never held as a whole, so
 * that what it costs is bounded by {@link #MAX_TENSORS} small entries, whatever length it claims.
 * As in the reference reader, tensors must tile the data exactly: no holes, no overlaps, nothing
 * after the last, which also catches a truncated file.
 */
public final class SafetensorsHeader {

  public static final long MAX_BYTES = 16L << 20;
  static final int MAX_TENSORS = 100_000;
  static final int MAX_RANK = 16;
  private static final int LENGTH_BYTES = 8;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(4)
                  .maxNameLength(4096)
                  .maxStringLength(1 << 20)
                  .maxNumberLength(32)
                  .build())
          .build();

  final Map<String, TensorInfo> tensors;
  final Map<String, String> metadata;

  private final Path file;
  private final long fileBytes;
  private long dataStart;

  private SafetensorsHeader(Path file, long fileBytes) {
    this.file = file;
    this.fileBytes = fileBytes;
    this.tensors = new LinkedHashMap<>();
    this.metadata = new LinkedHashMap<>();
  }

  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    SafetensorsHeader header = new SafetensorsHeader(file, channel.size());
    header.read(channel);
    return header;
  }

  private void read(FileChannel channel) throws IOException {
    if (fileBytes < LENGTH_BYTES) {
      throw bad(0, "the file has " + fileBytes + " bytes, a safetensors file at least 8");
    }
    ByteBuffer prefix = ByteBuffer.allocate(LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (prefix.hasRemaining() && channel.read(prefix, prefix.position()) > 0) {
      // Until full.
    }
    long length = prefix.getLong(0);
    if (length < 2 || length > fileBytes - LENGTH_BYTES) {
      throw bad(
          0, "header length " + length + " in a file of " + fileBytes + " bytes; is it truncated?");
    }
    if (length > MAX_BYTES) {
      throw bad(0, "header length " + length + ", more than the " + MAX_BYTES + " accepted");
    }
    dataStart = LENGTH_BYTES + length;
    InputStream bytes =
        new BufferedInputStream(
            new Limited(Channels.newInputStream(channel.position(LENGTH_BYTES)), length), 1 << 16);
    try (JsonParser json = JSON.createParser(bytes)) {
      try {
        readTensors(json);
      } catch (JsonProcessingException e) {
        long at = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
        throw bad(LENGTH_BYTES + at, "the header is not the JSON expected: " + oneLine(e));
      } catch (IOException | IllegalStateException e) {
        // Bytes that are not UTF-8 and names made to collide are reported in these two ways.
        throw bad(at(json), "the header cannot be read: " + oneLine(e));
      }
    }
    checkTiling();
  }

  private void readTensors(JsonParser json) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw bad(at(json), "the header is not a JSON object");
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = json.currentName();
      if (name.equals("__metadata__")) {
        readMetadata(json);
      } else {
        TensorInfo tensor = readTensor(json, name);
        if (tensors.put(name, tensor) != null) {
          throw bad(json, name, " is declared twice");
        }
        if (tensors.size() > MAX_TENSORS) {
          throw bad(at(json), "more than " + MAX_TENSORS + " tensors");
        }
      }
    }
    if (json.nextToken() != null) {
      throw bad(at(json), "something follows the header's JSON object");
    }
  }

  private void readMetadata(JsonParser json) throws IOException {
    // Some writers say null for none.
    if (json.nextToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (!metadata.isEmpty() || json.currentToken() != JsonToken.START_OBJECT) {
      throw bad(at(json), "__metadata__ is not one JSON object");
    }
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw bad(at(json), "__metadata__ '" + shown(key) + "' is not a string");
      }
      if (metadata.put(key, json.getText()) != null || metadata.size() > 10_000) {
        throw bad(at(json), "__metadata__ '" + shown(key) + "' is repeated or one too many");
      }
    }
  }

  private TensorInfo readTensor(JsonParser json, String name) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw bad(json, name, " is not a JSON object");
    }
    ElementType type = null;
    long[] shape = null;
    long[] offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String field = json.currentName();
      boolean repeated =
          switch (field) {
            case "dtype" -> type != null;
            case "shape" -> shape != null;
            case "data_offsets" -> offsets != null;
            default -> throw bad(json, name, ": unknown field " + shown(field));
          };
      if (repeated) {
        throw bad(json, name, ": field " + field + " is repeated");
      }
      json.nextToken();
      switch (field) {
        case "dtype" -> type = readType(json, name);
        case "shape" -> shape = readNumbers(json, name, field);
        default -> offsets = readNumbers(json, name, field);
      }
    }
    if (type == null || shape == null || offsets == null) {
      throw bad(json, name, " lacks dtype, shape or data_offsets");
    }
    return located(json, name, type, shape, offsets);
  }

  private ElementType readType(JsonParser json, String name) throws IOException {
    String text = json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : "";
    for (ElementType type : ElementType.values()) {
      if (type.name().equals(text)) {
        return type;
      }
    }
    throw bad(json, name, " has unknown dtype '" + shown(text) + "'");
  }

  private long[] readNumbers(JsonParser json, String name, String field) throws IOException {
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw bad(json, name, ": " + field + " is not an array");
    }
    long[] numbers = new long[MAX_RANK];
    int count = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || count == MAX_RANK) {
        throw bad(json, name, ": " + field + " is not up to " + MAX_RANK + " integers");
      }
      numbers[count] = json.getLongValue();
      if (numbers[count] < 0) {
        throw bad(json, name, ": " + field + " holds " + numbers[count]);
      }
      count++;
    }
    return Arrays.copyOf(numbers, count);
  }

  private TensorInfo located(
      JsonParser json, String name, ElementType type, long[] shape, long[] offsets) {
    long bytes = type.bytes();
    try {
      for (long dimension : shape) {
        bytes = Math.multiplyExact(bytes, dimension);
      }
    } catch (ArithmeticException e) {
      throw bad(json, name, ": shape " + Arrays.toString(shape) + " overflows");
    }
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw bad(
          json, name, ": data_offsets %s are not [begin, end]".formatted(Arrays.toString(offsets)));
    }
    if (offsets[1] > fileBytes - dataStart) {
      throw bad(
          json,
          name,
          " ends at data byte %s of %s; is the file truncated?"
              .formatted(offsets[1], fileBytes - dataStart));
    }
    if (offsets[1] - offsets[0] != bytes) {
      throw bad(
          json,
          name,
          ": %s%s takes %s bytes, data_offsets give %s"
              .formatted(type, Arrays.toString(shape), bytes, offsets[1] - offsets[0]));
    }
    return new TensorInfo(type, shape, dataStart + offsets[0], bytes);
  }

  private void checkTiling() {
    long end = dataStart;
    var inOrder =
        tensors.entrySet().stream()
            .sorted(
                Comparator.comparingLong(
                        (Map.Entry<String, TensorInfo> e) -> e.getValue().position())
                    .thenComparingLong(e -> e.getValue().bytes()))
            .toList();
    for (var entry : inOrder) {
      TensorInfo tensor = entry.getValue();
      if (tensor.position() != end) {
        throw bad(
            tensor.position(),
            "tensor '%s' %s"
                .formatted(
                    shown(entry.getKey()),
                    tensor.position() < end ? "overlaps another" : "leaves a hole before it"));
      }
      end += tensor.bytes();
    }
    if (end != fileBytes) {
      throw bad(end, (fileBytes - end) + " bytes follow the last tensor");
    }
  }

  Map<String, TensorInfo> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  private static long at(JsonParser json) {
    return LENGTH_BYTES + Math.max(0, json.currentTokenLocation().getByteOffset());
  }

  private static String oneLine(Exception e) {
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return shown(String.valueOf(message).lines().findFirst().orElse(""));
  }

  private InvalidInputException bad(JsonParser json, String name, String what) {
    return bad(at(json), "tensor '" + shown(name) + "'" + what);
  }

  private InvalidInputException bad(long offset, String what) {
    return new InvalidInputException(
        "%s: byte %s: %s.\nMaybe the file was cut off or damaged on its way: fetch it again."
            .formatted(file, offset, what));
  }

  /** Ends after a number of bytes. */
  private static final class Limited extends FilterInputStream {
    private long left;

    Limited(InputStream in, long left) {
      super(in);
      this.left = left;
    }

    @Override
    public int read() throws IOException {
      int value = left > 0 ? super.read() : -1;
      left -= value >= 0 ? 1 : 0;
      return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left <= 0) {
        return -1;
      }
      int count = super.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }
  }
}

package puzzle.engine.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.model.InvalidInputException;

public class SafetensorsTest {

  @TempDir Path folder;

  @Test
  void readsBackWhatItWroteBitForBit() {
    float[] values = random(7 * 13, 1);
    Path file = folder.resolve("a.safetensors");
    new SafetensorsWriter(ElementType.F32)
        .add("w", new long[] {7, 13}, FloatBuffer.wrap(values))
        .add("empty", new long[] {0, 4}, FloatBuffer.allocate(0))
        .addI64("t", new long[] {2}, LongBuffer.wrap(new long[] {-1, 1L << 40}))
        .write(file);

    SafetensorsFile read = SafetensorsFile.open(file);
    assertEquals(java.util.Map.of("format", "pt"), read.metadata());
    assertEquals(java.util.Set.of("w", "empty", "t"), read.names());
    assertArrayEquals(new long[] {7, 13}, read.shape("w"));
    assertTrue(read.fp32("w").isDirect());
    assertEquals(ByteOrder.LITTLE_ENDIAN, read.fp32("w").order());
    assertArrayEquals(values, floats(read.fp32("w")));
    assertEquals(0, read.fp32("empty").remaining());
    assertEquals(1L << 40, read.i64("t").get(1));
    assertArrayEquals(new float[] {values[5], values[6]}, floats(read.fp32("w", 5, 2)));
  }

  @Test
  void writesTheBytesOfTheFormat() throws IOException {
    Path file = folder.resolve("golden.safetensors");
    new SafetensorsWriter(ElementType.BF16)
        .add("x", new long[] {2}, FloatBuffer.wrap(new float[] {1, -2}))
        .write(file);
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"x\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]}}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    byte[] bytes = Files.readAllBytes(file);
    assertEquals(padded.length(), ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong());
    assertEquals(padded, new String(bytes, 8, padded.length(), StandardCharsets.UTF_8));
    assertEquals("803f00c0", HexFormat.of().formatHex(bytes, 8 + padded.length(), bytes.length));
  }

  @Test
  void readsEveryFloatType() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(2 + 2 + 4 + 8).order(ByteOrder.LITTLE_ENDIAN);
    data.putShort((short) 0x3e00).putShort((short) 0x3fc0).putFloat(1.5f).putDouble(1.5);
    Path file =
        raw(
            "{\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]},"
                + "\"b\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[2,4]},"
                + "\"f\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]},"
                + "\"d\":{\"dtype\":\"F64\",\"shape\":[1,1],\"data_offsets\":[8,16]}}",
            data.array());
    SafetensorsFile read = SafetensorsFile.open(file);
    for (String name : read.names()) {
      assertEquals(1.5f, read.fp32(name).get(0), name);
    }
  }

  @Test
  void readsFloatsThatAreNotAligned() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN);
    data.put((byte) 1).putFloat(2.5f).putFloat(-3.5f);
    Path file =
        raw(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                + "\"f\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}",
            data.array());
    SafetensorsFile read = SafetensorsFile.open(file);
    assertArrayEquals(new float[] {2.5f, -3.5f}, floats(read.fp32("f")));
    assertThrows(InvalidInputException.class, () -> read.fp32("a"));
    assertThrows(InvalidInputException.class, () -> read.fp32("none"));
  }

  @Test
  void readsATensorBeyondTwoGibibytes() throws IOException {
    long elements = 2_400_000_000L;
    String header =
        "{\"big\":{\"dtype\":\"F32\",\"shape\":[240000,10000],\"data_offsets\":[0,9600000000]},"
            + "\"last\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9600000000,9600000004]}}";
    header += " ".repeat((8 - header.length() % 8) % 8);
    Path file = folder.resolve("big.safetensors");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      // Sparse: takes no room on disk.
      out.setLength(8 + header.length() + 4 * (elements + 1));
      out.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length()).array());
      out.write(header.getBytes(StandardCharsets.UTF_8));
      out.seek(8 + header.length() + 4 * (elements - 1));
      out.write(new byte[] {0, 0, (byte) 0x80, 0x3f, 0, 0, 0, 0x40});
    }
    SafetensorsFile read = SafetensorsFile.open(file);
    assertEquals(2f, read.fp32("last").get(0));
    assertArrayEquals(new float[] {0, 1}, floats(read.fp32("big", elements - 2, 2)));
    assertThrows(InvalidInputException.class, () -> read.fp32("big"));
    assertThrows(IndexOutOfBoundsException.class, () -> read.fp32("big", elements, 1));
    FloatBuffer across = FloatBuffer.allocate(1 << 20);
    for (long first = 0; first < elements; first += 25_000_000) {
      read.read("big", Math.min(first, elements - across.capacity()), across);
    }
    read.read("big", elements - across.capacity(), across);
    assertEquals(1f, across.get(across.capacity() - 1));
    Path maps = Path.of("/proc/self/maps");
    if (Files.exists(maps)) {
      long mappings = Files.readAllLines(maps).stream().filter(s -> s.contains("big.safe")).count();
      assertTrue(mappings <= 9, "one for each GiB, not for each part: " + mappings);
    }
  }

  @Test
  void shardsAndReadsTheIndex() {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    List<float[]> tensors = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      tensors.add(random(100, i));
      writer.add("t" + i, new long[] {10, 10}, FloatBuffer.wrap(tensors.get(i)));
    }
    List<String> files = writer.writeFolder(folder, 900);
    assertEquals(
        List.of(
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json"),
        files);
    SafetensorsFolder read = SafetensorsFolder.open(folder);
    for (int i = 0; i < 5; i++) {
      assertArrayEquals(tensors.get(i), floats(read.fp32("t" + i)));
    }
  }

  @Test
  void refusesAnIndexThatPointsOutside() throws IOException {
    Path outside = folder.resolve("secret.safetensors");
    new SafetensorsWriter(ElementType.F32)
        .add("t", new long[] {1}, FloatBuffer.allocate(1))
        .write(outside);
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String shard :
        List.of(
            "../secret.safetensors",
            outside.toString(),
            "x/../../secret.safetensors",
            "..\\\\secret.safetensors",
            "pytorch_model.bin",
            "\\u0000.safetensors",
            "")) {
      Files.writeString(
          model.resolve(SafetensorsFolder.INDEX), "{\"weight_map\":{\"t\":\"" + shard + "\"}}");
      InvalidInputException refusal =
          assertThrows(InvalidInputException.class, () -> SafetensorsFolder.open(model), shard);
      assertTrue(refusal.getMessage().contains("inside the folder"), refusal.getMessage());
    }
  }

  @Test
  void leavesNothingBehindWhenTheContentFails() throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter(ElementType.F32).add("t", new long[] {3}, FloatBuffer.allocate(2));
    assertThrows(
        IllegalArgumentException.class, () -> writer.write(folder.resolve("t.safetensors")));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void roundsToTheNearestEvenBfloat16() {
    assertEquals((short) 0x3f80, HalfPrecision.toBf16(1f));
    // Half way between 0x3f80 and 0x3f81: to the even one, below and above.
    assertEquals((short) 0x3f80, HalfPrecision.toBf16(Float.intBitsToFloat(0x3f808000)));
    assertEquals((short) 0x3f82, HalfPrecision.toBf16(Float.intBitsToFloat(0x3f818000)));
    assertEquals((short) 0x3f81, HalfPrecision.toBf16(Float.intBitsToFloat(0x3f808001)));
    assertEquals((short) 0x7f80, HalfPrecision.toBf16(Float.MAX_VALUE));
    assertEquals((short) 0x8000, HalfPrecision.toBf16(-0f));
    assertTrue(Float.isNaN(HalfPrecision.fromBf16(HalfPrecision.toBf16(Float.NaN))));
    assertTrue(
        Float.isNaN(
            HalfPrecision.fromBf16(HalfPrecision.toBf16(Float.intBitsToFloat(0x7f800001)))));
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (Float.isFinite(value) && Math.abs(value) < 1e38f) {
        float rounded = HalfPrecision.fromBf16(HalfPrecision.toBf16(value));
        double step = Math.ulp(value) * 65536.0;
        assertTrue(Math.abs((double) rounded - value) <= step / 2, "seed 7: " + value);
      }
    }
  }

  @Test
  void decodesEveryFp16() {
    assertEquals(65504f, HalfPrecision.fromFp16((short) 0x7bff));
    assertEquals(0x1p-24f, HalfPrecision.fromFp16((short) 1));
    assertEquals(0x1p-14f, HalfPrecision.fromFp16((short) 0x0400));
    assertEquals(Float.NEGATIVE_INFINITY, HalfPrecision.fromFp16((short) 0xfc00));
    assertTrue(Float.isNaN(HalfPrecision.fromFp16((short) 0x7e00)));
    for (int bits = 0; bits < 0x7c00; bits++) {
      int exponent = bits >> 10;
      double expected =
          exponent == 0
              ? (bits & 0x3ff) * 0x1p-24
              : (1 + (bits & 0x3ff) / 1024.0) * Math.pow(2, exponent - 15);
      assertEquals((float) expected, HalfPrecision.fromFp16((short) bits));
      assertEquals((float) -expected, HalfPrecision.fromFp16((short) (bits | 0x8000)));
    }
    assertFalse(Float.isInfinite(HalfPrecision.fromFp16((short) 0x7bff)));
  }

  private Path raw(String header, byte[] data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text).put(data);
    return Files.write(folder.resolve("raw.safetensors"), bytes.array());
  }

  static float[] random(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  public static float[] floats(FloatBuffer buffer) {
    float[] values = new float[buffer.remaining()];
    buffer.get(0, values);
    return values;
  }
}

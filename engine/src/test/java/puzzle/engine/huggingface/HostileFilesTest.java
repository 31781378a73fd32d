package puzzle.engine.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsHeader;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.InvalidInputException;

/** Files made to harm: whatever is in them, an error in two lines, for little memory and work. */
class HostileFilesTest {

  /**
   * What reading one file may allocate, bytes: also a bound of the work, without a clock. The
   * largest header of one tensor here has a megabyte.
   */
  private static final long MOST_ALLOCATED = 64L << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final String MAX = "9223372036854775807";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "0 | byte 0: header length 0",
        "1 | byte 0: header length 1",
        "-1 | byte 0: header length -1",
        "9223372036854775807 | byte 0: header length 9223372036854775807",
        "-9223372036854775808 | byte 0: header length -9223372036854775808",
        "1000 | byte 0: header length 1000 in a file of"
      })
  void refusesHeaderLengths(long length, String says) throws IOException {
    refused(file(length, "{}", 0), says);
  }

  @Test
  void refusesAHeaderOfHundredsOfMegabytes() throws IOException {
    Path file = folder.resolve("large.safetensors");
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(500_000_000);
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(400_000_000).array());
    }
    refused(file, "header length 400000000, more than");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "not json | byte 8",
        "[] | not a JSON object",
        "{} x | not the JSON expected",
        "{}{} | something follows",
        "{\"a\":1} | 'a' is not a JSON object",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}} | lacks dtype, shape or data_offsets",
        "{\"a\":{\"dtype\":\"Q4\",\"shape\":[1],\"data_offsets\":[0,4]}} | unknown dtype 'Q4'",
        "{\"a\":{\"dtype\":4,\"shape\":[1],\"data_offsets\":[0,4]}} | unknown dtype",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}} | shape is not up to",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}} | shape holds -1",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}} | overf",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775808],\"data_offsets\":[0,4]}} | byte",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}} | takes 8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}} | not [begin, end]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}} | not [begin, end]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}} | ends at data byte 12 of 8",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 bytes follow",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}} | leaves a hole",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"more\":1}} | unknown field more",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}} | field dtype is repeated",
        "{\"__metadata__\":{\"a\":1}} | is not a string",
        "{\"__metadata__\":[]} | not one JSON object",
        "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":1}}}}} | unknown field b"
      })
  void refusesHeaders(String header, String says) throws IOException {
    refused(file(header.length(), header, 8), says);
  }

  @Test
  void refusesDuplicatesAndOverlaps() throws IOException {
    String tensor = "{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}";
    String twice = "{\"a\":" + tensor + ",\"a\":" + tensor + "}";
    refused(file(twice.length(), twice, 4), "tensor 'a' is declared twice");
    String overlap = "{\"a\":" + tensor + ",\"b\":" + tensor + "}";
    refused(file(overlap.length(), overlap, 4), "overlaps another");
    String huge =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + MAX + "],\"data_offsets\":[0," + MAX + "]}}";
    refused(file(huge.length(), huge, 4), "ends at data byte " + MAX);
    String shape = "{\"a\":{\"dtype\":\"U8\",\"shape\":[" + "1,".repeat(1000) + "1]}}";
    refused(file(shape.length(), shape, 4), "shape is not up to 16 integers");
    String deep = "{\"a\":" + "[".repeat(100_000);
    refused(file(deep.length(), deep, 4), "byte");
    String name = "{\"" + "x".repeat(1 << 20) + "\":1}";
    refused(file(name.length(), name, 4), "byte");
    String control = "{\"a\\nb\\u001b[31m\":1}";
    refused(file(control.length(), control, 4), "tensor 'a?b?[31m' is not a JSON object");
  }

  @Test
  void eitherReadsOrRefusesAnyMutation() throws IOException {
    Path file = folder.resolve("good.safetensors");
    new SafetensorsWriter(ElementType.BF16)
        .add("model.norm.weight", new long[] {4}, FloatBuffer.allocate(4))
        .add("model.layers.0.mlp.up_proj.weight", new long[] {3, 4}, FloatBuffer.allocate(12))
        .addI64("step", new long[] {}, LongBuffer.allocate(1))
        .write(file);
    byte[] good = Files.readAllBytes(file);
    int headerEnd = good.length - 40;
    long seed = 20;
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      Files.write(file, mutated(good, headerEnd, random));
      String what = "seed " + seed + ", mutation " + i;
      refused +=
          outcome(
              what,
              () -> {
                SafetensorsFile read = SafetensorsFile.open(file);
                for (String name : read.names()) {
                  if (read.type(name).floating()) {
                    read.fp32(name);
                  }
                }
              });
    }
    System.out.println("safetensors: " + refused + " of 3000 mutations refused, seed " + seed);
    assertTrue(refused > 2400, "refused only " + refused);
  }

  @Test
  void eitherReadsOrRefusesAnyConfig() throws IOException {
    DecoderChild child = new DecoderChild();
    Path file = folder.resolve("config.json");
    long seed = 21;
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < 3000; i++) {
      byte[] good = child.configs.get(random.nextInt(child.configs.size()));
      Files.write(file, mutatedText(good, random));
      String what = "seed " + seed + ", mutation " + i;
      refused +=
          outcome(
              what,
              () -> {
                // What was accepted must be small enough to compute with.
                var config = HuggingFaceConfig.read(file);
                config.architecture().blocks().forEach(b -> config.params(b.ffn()));
                assertTrue(config.fixedParams() > 0);
              });
    }
    System.out.println("config.json: " + refused + " of 3000 mutations refused, seed " + seed);
    assertTrue(refused > 1000, "refused only " + refused);
  }

  /** The configs to start from. */
  private final class DecoderChild {
    final List<byte[]> configs = new ArrayList<>();

    DecoderChild() throws IOException {
      configs.add(HuggingFaceConfigTest.LLAMA.getBytes(StandardCharsets.UTF_8));
      Path parent = Files.createDirectory(folder.resolve("parent"));
      for (String family : List.of("llama", "qwen3")) {
        var config = RandomModel.config(family, true);
        new RandomModel(config, 1).write(parent, config);
        var mixed = config.with(ChildExporterTest.MIXED);
        ChildExporter.Format format =
            family.equals("llama")
                ? ChildExporter.Format.NEMOTRON_NAS
                : ChildExporter.Format.ANYMODEL;
        Path child = folder.resolve("child");
        ChildExporterTest.exporter(mixed, parent)
            .export(child, format, new RandomModel(mixed, 1), 1);
        configs.add(Files.readAllBytes(child.resolve("config.json")));
      }
    }
  }

  @Test
  void needsLittleMemoryForTheWorst() throws Exception {
    List<Path> files = new ArrayList<>();
    StringBuilder many = new StringBuilder("{");
    while (many.length() < SafetensorsHeader.MAX_BYTES - 200) {
      many.append("\"t").append(Integer.toHexString(many.length()));
      many.append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},");
    }
    many.append("\"end\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
    files.add(named("many.safetensors", many.length(), many.toString()));
    String text = "{\"__metadata__\":{\"a\":\"" + "x".repeat(15 << 20) + "\"}}";
    files.add(named("text.safetensors", text.length(), text));
    String open = "{\"a\":" + "[".repeat(15 << 20);
    files.add(named("open.safetensors", open.length(), open));
    Path config = folder.resolve("config.json");
    Files.writeString(config, "{\"a\":" + "[1,".repeat(5 << 20));
    files.add(config);
    Path blank = folder.resolve("blank").resolve("config.json");
    Files.createDirectories(blank.getParent());
    Files.writeString(blank, " ".repeat(100 << 20) + "{}");
    files.add(blank);

    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Opener.class.getName()));
    files.forEach(file -> command.add(file.toString()));
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    List<String> said = Files.readString(log).lines().filter(l -> l.startsWith("> ")).toList();
    assertEquals(files.size(), said.size(), Files.readString(log));
    assertEquals(0, process.exitValue(), said.toString());
  }

  /** Opens files in a process with a small heap. */
  static final class Opener {
    private Opener() {}

    public static void main(String[] files) {
      for (String file : files) {
        try {
          if (file.endsWith(".json")) {
            HuggingFaceConfig.read(Path.of(file));
          } else {
            SafetensorsFile.open(Path.of(file));
          }
          System.out.println("> read " + file);
        } catch (InvalidInputException e) {
          System.out.println("> " + e.getMessage());
        }
      }
    }
  }

  private static byte[] mutated(byte[] good, int headerEnd, Random random) {
    byte[] bad = good.clone();
    switch (random.nextInt(4)) {
      case 0 -> bad = Arrays.copyOf(bad, random.nextInt(bad.length));
      case 1 -> bad[random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
      case 2 -> bad[8 + random.nextInt(headerEnd - 8)] = (byte) random.nextInt(256);
      default -> {
        int at = 8 + random.nextInt(headerEnd - 8);
        byte[] piece = new byte[1 + random.nextInt(20)];
        random.nextBytes(piece);
        System.arraycopy(piece, 0, bad, at, Math.min(piece.length, bad.length - at));
      }
    }
    return bad;
  }

  private static byte[] mutatedText(byte[] good, Random random) {
    String text = new String(good, StandardCharsets.UTF_8).replace("\" :", "\":");
    String[] values = {
      "null", "-1", "0", "1e400", "1e-400", "\"x\"", "[]", "{}", "true", MAX, "0.5", "[[1]]", "3"
    };
    switch (random.nextInt(3)) {
      case 0 -> {
        // Another value for one field.
        int fields = text.split("\":").length - 1;
        int skip = random.nextInt(fields);
        int at = -1;
        for (int i = 0; i <= skip; i++) {
          at = text.indexOf("\":", at + 1);
        }
        int end = at + 2;
        while (end < text.length() && ",}]\n".indexOf(text.charAt(end)) < 0) {
          end++;
        }
        text =
            text.substring(0, at + 2) + values[random.nextInt(values.length)] + text.substring(end);
      }
      case 1 -> text = text.substring(0, random.nextInt(text.length()));
      default -> {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i <= random.nextInt(4); i++) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static int outcome(String what, Runnable reading) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      reading.run();
      return 0;
    } catch (InvalidInputException e) {
      assertEquals(2, e.getMessage().lines().count(), what + ": " + e.getMessage());
      assertTrue(e.getMessage().lines().toList().get(1).startsWith("Maybe "), what);
      assertFrugal(what, before);
      return 1;
    } catch (RuntimeException e) {
      return fail(what, e);
    }
  }

  private static void assertFrugal(String what, long before) {
    long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < MOST_ALLOCATED, what + " allocated " + allocated + " bytes");
  }

  private void refused(Path file, String says) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    InvalidInputException refusal =
        assertThrows(InvalidInputException.class, () -> SafetensorsFile.open(file));
    assertFrugal(says, before);
    String message = refusal.getMessage();
    assertTrue(message.startsWith(file + ": byte "), message);
    assertTrue(message.contains(says), message);
    assertEquals(2, message.lines().count(), message);
  }

  private Path file(long length, String header, int data) throws IOException {
    return named("hostile.safetensors", length, header + "\0".repeat(data));
  }

  private Path named(String name, long length, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(8 + bytes.length).order(ByteOrder.LITTLE_ENDIAN);
    return Files.write(folder.resolve(name), all.putLong(length).put(bytes).array());
  }
}

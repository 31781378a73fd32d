package puzzle.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.files.StorageException;
import puzzle.model.CheckpointRef;

class StoreTest {

  @TempDir Path folder;
  private Store store;

  @BeforeEach
  void open() {
    store = Store.open(folder.resolve("run"));
  }

  @Test
  void givesBackWhatWasPut() throws IOException {
    CheckpointRef ref = put("layer-3/kv-4.safetensors", "abc");
    assertEquals(
        new CheckpointRef(
            "layer-3/kv-4.safetensors",
            3,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ref);
    assertEquals("abc", Files.readString(store.verify(ref)));
    assertEquals("abc", Files.readString(Store.open(folder.resolve("run")).verify(ref)));
  }

  @Test
  void detectsAFlippedByteATruncatedAndAMissingFile() throws IOException {
    CheckpointRef ref = put("x", "abcdef");
    Path file = store.verify(ref);

    Files.writeString(file, "abcdeF");
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
    CorruptArtefactException flipped =
        assertThrows(CorruptArtefactException.class, () -> store.verify(ref));
    assertTrue(flipped.getMessage().contains(ref.sha256()), flipped.getMessage());
    assertTrue(flipped.getMessage().contains(file.toString()), flipped.getMessage());
    assertEquals(ref, flipped.expected());

    Files.writeString(file, "abc");
    assertTrue(
        assertThrows(CorruptArtefactException.class, () -> store.verify(ref))
            .getMessage()
            .contains("expected 6 bytes, found 3 bytes"));

    Files.delete(file);
    assertThrows(CorruptArtefactException.class, () -> store.verify(ref));

    assertEquals(ref, put("x", "abcdef"));
    store.verify(ref);
  }

  @Test
  void keepsTheOldFileWhenWritingANewOneFails() throws IOException {
    CheckpointRef ref = put("x", "old");
    assertThrows(
        StorageException.class,
        () ->
            store.put(
                "x",
                out -> {
                  out.write(new byte[1 << 20]);
                  throw new IOException("No space left on device");
                }));
    assertEquals("old", Files.readString(store.verify(ref)));
    assertEquals(List.of("x"), names());
  }

  @Test
  void saysThatTheDiskIsFull() {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.isWritable(full), "no /dev/full here");
    StorageException failure =
        assertThrows(
            StorageException.class,
            () ->
                store.put(
                    "x",
                    out -> {
                      try (var device = Files.newOutputStream(full)) {
                        device.write(new byte[4096]);
                      }
                    }));
    assertTrue(failure.getMessage().contains("the disk is full"), failure.getMessage());
  }

  @Test
  void goesOnWhenAFullDiskHasRoomAgain() throws Exception {
    Path small = Files.createDirectory(folder.resolve("small"));
    boolean mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small.toString()) == 0;
    assumeTrue(mounted, "no file system of our own here: may not mount");
    try {
      Store full = Store.open(small);
      CheckpointRef first = full.put("first", out -> out.write(new byte[600_000]));
      StorageException failure =
          assertThrows(
              StorageException.class,
              () -> full.put("second", out -> out.write(new byte[600_000])));
      assertTrue(failure.getMessage().contains("the disk is full"), failure.getMessage());
      try (Stream<Path> files = Files.list(small)) {
        assertEquals(List.of(full.verify(first)), files.toList());
      }
      Files.delete(full.resolve(first));
      full.verify(full.put("second", out -> out.write(new byte[600_000])));
      assertEquals(0, run("mount", "-o", "remount,ro", small.toString()));
      failure = assertThrows(StorageException.class, () -> full.put("third", out -> {}));
      assertTrue(failure.getMessage().contains("read-only"), failure.getMessage());
    } finally {
      run("umount", small.toString());
    }
  }

  @Test
  void showsWholeFilesOnlyHoweverTheWriterEnds() throws Exception {
    Random random = new Random(6);
    for (int i = 0; i < 3; i++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  EndlessWriter.class.getName(),
                  store.root().toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      // One line a file: kill in the middle of the one after.
      BufferedReader said = writer.inputReader();
      for (int lines = 1 + random.nextInt(5); lines > 0; lines--) {
        said.readLine();
      }
      writer.destroyForcibly().waitFor();
      for (String name : names()) {
        if (!name.startsWith(AtomicFile.TEMPORARY_PREFIX)) {
          byte[] bytes = Files.readAllBytes(store.root().resolve(name));
          assertEquals(EndlessWriter.BYTES, bytes.length, "seed 6, " + name);
          for (byte value : bytes) {
            assertEquals(bytes[0], value, "seed 6, " + name);
          }
        }
      }
    }
  }

  /** Replaces one file over and over, each time with other bytes. */
  static final class EndlessWriter {
    static final int BYTES = 4 << 20;

    private EndlessWriter() {}

    public static void main(String[] arguments) {
      Store store = Store.open(Path.of(arguments[0]));
      for (int i = 0; i < 100_000; i++) {
        byte[] content = new byte[BYTES];
        Arrays.fill(content, (byte) i);
        store.put("file-" + i % 2, out -> out.write(content));
        System.out.println(i);
      }
    }
  }

  private static int run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  @Test
  void saysThatItMayNotWrite() throws IOException {
    Path closed = Files.createDirectory(folder.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeTrue(!Files.isWritable(closed), "this user may write anywhere");
    StorageException failure =
        assertThrows(StorageException.class, () -> Store.open(closed).put("x", out -> {}));
    assertTrue(failure.getMessage().contains("permission denied"), failure.getMessage());
  }

  @Test
  void refusesPathsOutsideTheStore() {
    for (String path : List.of("../x", "/etc/x", "a/../../x", "")) {
      assertThrows(IllegalArgumentException.class, () -> store.put(path, out -> {}), path);
    }
  }

  private CheckpointRef put(String path, String text) {
    return store.put(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(store.root())) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }
}

package puzzle.actors.drill;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A file system of few megabytes in memory that can be filled and made read-only. Wants root. */
final class SmallDisk implements AutoCloseable {

  private final Path folder;
  private final Path filler;

  /** Mounts one, or says why it cannot be done here. */
  static Optional<SmallDisk> at(Path folder, int megabytes) throws IOException {
    Files.createDirectories(folder);
    try {
      Shell.run(
          "mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", folder.toString());
      return Optional.of(new SmallDisk(folder));
    } catch (IOException e) {
      System.out.println("no file system of our own here: " + e.getMessage());
      return Optional.empty();
    }
  }

  private SmallDisk(Path folder) {
    this.folder = folder;
    this.filler = folder.resolve("filler");
  }

  /** Leaves no room. */
  void fill() throws IOException {
    try (OutputStream out = Files.newOutputStream(filler)) {
      byte[] page = new byte[4096];
      while (true) {
        out.write(page);
      }
    } catch (IOException e) {
      if (!String.valueOf(e.getMessage()).contains("No space left")) {
        throw e;
      }
    }
  }

  void free() throws IOException {
    Files.delete(filler);
  }

  void readOnly(boolean on) throws IOException {
    Shell.run("mount", "-o", "remount," + (on ? "ro" : "rw"), folder.toString());
  }

  @Override
  public void close() throws IOException {
    Shell.run("umount", "-l", folder.toString());
  }
}

package puzzle.actors.cli;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import puzzle.actors.cli.console.RefusedException;
import puzzle.model.InvalidInputException;

/** A run's folder, held by one process at a time. */
final class StoreLock implements AutoCloseable {

  private final Path folder;
  private final RandomAccessFile file;
  private final FileLock lock;

  private StoreLock(Path folder, RandomAccessFile file, FileLock lock) {
    this.folder = folder;
    this.file = file;
    this.lock = lock;
  }

  /**
   * Takes the folder, making it if it is missing.
   *
   * @param fresh true to move what an earlier run left there out of the way
   * @throws RefusedException if another process has it
   * @throws InvalidInputException if it cannot be written
   */
  static StoreLock take(Path folder, boolean fresh) {
    try {
      // The journal's address is a list of settings parted by semicolons.
      if (folder.toAbsolutePath().toString().contains(";")) {
        throw new InvalidInputException(
            folder + ": a store's path has no ';'.\nMaybe name another store.");
      }
      Files.createDirectories(folder);
      StoreLock store = locked(folder);
      if (!fresh || !Files.exists(folder.resolve("journal"))) {
        return store;
      }
      store.close();
      Path aside = aside(folder);
      Files.move(folder, aside);
      Files.createDirectories(folder);
      System.err.println("the earlier run is now in " + aside);
      return locked(folder);
    } catch (IOException e) {
      throw new InvalidInputException(
          "%s: cannot be written: %s\nMaybe its permissions, or the disk is full."
              .formatted(folder, e),
          e);
    }
  }

  Path folder() {
    return folder;
  }

  @Override
  public void close() {
    try {
      lock.release();
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StoreLock locked(Path folder) throws IOException {
    RandomAccessFile file = new RandomAccessFile(folder.resolve(".lock").toFile(), "rw");
    FileLock lock = null;
    try {
      lock = file.getChannel().tryLock();
    } catch (OverlappingFileLockException e) {
      // The same answer as from another process.
    }
    if (lock == null) {
      file.close();
      throw new RefusedException(
          folder
              + ": another process works on this run.\nMaybe wait for it, or name another store.");
    }
    return new StoreLock(folder, file, lock);
  }

  private static Path aside(Path folder) {
    for (int n = 1; ; n++) {
      Path candidate = folder.resolveSibling(folder.getFileName() + "-" + n);
      if (!Files.exists(candidate)) {
        return candidate;
      }
    }
  }
}

package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import puzzle.engine.files.StorageException;

/**
 * Arrays in files that are mapped into memory: they may be larger than memory, since the system
 * writes pages out and reads them back as it needs room. The arithmetic on them is the same to the
 * bit.
 *
 * <p>A file loses its name as soon as it is mapped: its room on the disk is free again when the
 * array is, however the process ends.
 *
 * @param folder on a disk, not in memory; made if it is not there
 */
public record MappedRoom(Path folder, NDManager manager) implements ArrayRoom {

  /**
   * Makes sure that so much can be written: a mapped file that the disk has no room for kills the
   * process.
   *
   * @throws StorageException if it cannot
   */
  public void require(long bytes) {
    try {
      Files.createDirectories(folder);
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < bytes) {
        throw StorageException.of(
            folder,
            "no space left for %.1f GB beside the %.1f GB free".formatted(bytes / 1e9, free / 1e9));
      }
    } catch (IOException e) {
      throw StorageException.of(folder, e);
    }
  }

  @Override
  public NDArray zeros(long... shape) {
    long size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    try {
      Path file = Files.createTempFile(folder, "trained-", ".mapped");
      try {
        return Tensors.inference(() -> Tensors.detached(manager, () -> map(file, size, shape)));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw StorageException.of(folder, e);
    }
  }

  /** The kernel takes tensors alone: the path goes as the bytes of its letters. */
  private NDArray map(Path file, long size, long... shape) {
    byte[] path = file.toString().getBytes(StandardCharsets.UTF_8);
    long[] letters = new long[path.length];
    for (int i = 0; i < path.length; i++) {
      letters[i] = Byte.toUnsignedLong(path[i]);
    }
    return Kernels.call(
            "mapped", Tensors.integers(manager, letters), Tensors.integers(manager, size))
        .reshape(shape);
  }
}

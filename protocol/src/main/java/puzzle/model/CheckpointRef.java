package puzzle.model;

import java.util.Objects;

/**
 * A file in a run's store. What messages carry in place of tensors.
 *
 * @param path relative to the store, with forward slashes
 * @param bytes its size
 * @param sha256 of its content, lower-case hexadecimal
 */
public record CheckpointRef(String path, long bytes, String sha256) {

  public CheckpointRef {
    Objects.requireNonNull(path, "path");
    Objects.requireNonNull(sha256, "sha256");
    if (path.isEmpty() || path.startsWith("/") || path.contains("..") || path.contains("\\")) {
      throw new IllegalArgumentException("not a path inside the store: '" + path + "'");
    }
    if (bytes < 0 || !sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("not a size and a SHA-256: " + bytes + ", " + sha256);
    }
  }
}

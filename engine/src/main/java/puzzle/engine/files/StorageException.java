package puzzle.engine.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Locale;

/**
 * A file could not be written: the disk is full, read-only or closed to this user. Nothing partial
 * is visible, and the same call may succeed later.
 */
public final class StorageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private StorageException(String message, Throwable cause) {
    super(message, cause);
  }

  public static StorageException of(Path target, Exception cause) {
    String reason = String.valueOf(cause.getMessage());
    String lower = reason.toLowerCase(Locale.ROOT);
    if (lower.contains("no space left") || lower.contains("quota")) {
      return new StorageException(
          target
              + ": cannot be written: the disk is full.\nMaybe free some space: work then resumes.",
          cause);
    }
    if (cause instanceof ReadOnlyFileSystemException || lower.contains("read-only")) {
      return new StorageException(
          "%s: cannot be written: the file system is read-only.\nMaybe choose another folder, or mount it for writing."
              .formatted(target),
          cause);
    }
    if (cause instanceof AccessDeniedException) {
      return new StorageException(
          "%s: cannot be written: permission denied.\nMaybe choose another folder, or change the owner of this one."
              .formatted(target),
          cause);
    }
    if (cause instanceof NoSuchFileException) {
      reason = "no such folder";
    }
    return new StorageException(
        target + ": cannot be written: " + reason + ".\nMaybe choose another folder.", cause);
  }

  public static StorageException of(Path target, String reason) {
    return of(target, new IOException(reason));
  }
}

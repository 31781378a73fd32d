package puzzle.model;

import java.util.Objects;

/**
 * Why a task did not give a result.
 *
 * @param message names the thing and the value; a second line starting with "Maybe" says what to do
 */
public record Failure(Kind kind, String message) {

  /** The kinds a retry policy tells apart. */
  public enum Kind {
    OUT_OF_MEMORY(true),
    DEVICE_LOST(true),
    TIMED_OUT(true),
    /** NaN or infinite loss even at a lower rate: a result, the variant is not available. */
    DIVERGED(false),
    INVALID_VARIANT(false),
    /** What was given from outside is not usable: a missing corpus, an unreadable parent. */
    INVALID_INPUT(false),
    /** A file is not what its SHA-256 says: whoever made it must make it again. */
    CORRUPT_ARTEFACT(true),
    /**
     * What was made could not be written: a full disk, one that is read-only. Says nothing about
     * the task, which is tried again until there is room.
     */
    NO_STORAGE(true),
    /** A bug, or anything not foreseen. */
    DEFECT(true);

    private final boolean retryable;

    Kind(boolean retryable) {
      this.retryable = retryable;
    }

    public boolean retryable() {
      return retryable;
    }
  }

  public Failure {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(message, "message");
  }
}

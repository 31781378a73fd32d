package puzzle.engine.store;

import puzzle.model.CheckpointRef;

/** A file of the store is missing or not what its reference says: it must be made again. */
public final class CorruptArtefactException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient CheckpointRef expected;

  CorruptArtefactException(CheckpointRef expected, String message) {
    super(message);
    this.expected = expected;
  }

  /** The reference that does not hold. */
  public CheckpointRef expected() {
    return expected;
  }
}

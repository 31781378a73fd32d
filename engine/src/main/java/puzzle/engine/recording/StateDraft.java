package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Iterator;
import puzzle.engine.files.DraftFile;
import puzzle.engine.files.StorageException;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.TensorStream;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.Part;

/**
 * The states of one share of a split at one place, written batch by batch, then read batch by
 * batch; neither ever whole in memory. Closed, its file is gone, unless it was kept.
 */
final class StateDraft implements ParentStates.Source, AutoCloseable {

  private final Store store;
  private final String path;
  private final String tensor;
  private final DraftFile draft;
  private final TensorStream stream;
  private SafetensorsFile written;

  /**
   * @param shape [sequences, tokens, hidden]
   */
  StateDraft(
      Store store,
      Split split,
      Place place,
      int layer,
      Part part,
      ElementType type,
      long... shape) {
    this.store = store;
    this.path = StateFile.path(split, place, layer, part);
    this.tensor = StateFile.tensor(split, place);
    this.draft = store.draft(path);
    try {
      this.stream = new TensorStream(draft.out(), type, tensor, shape);
    } catch (IOException e) {
      draft.close();
      throw StorageException.of(draft.path(), e);
    }
  }

  /** Appends the states of a batch. */
  void write(NDArray states) {
    try {
      for (Iterator<FloatBuffer> parts = Tensors.parts(states); parts.hasNext(); ) {
        stream.write(parts.next());
      }
    } catch (IOException e) {
      throw StorageException.of(draft.path(), e);
    }
  }

  /** Ends the writing; what was written can be read from here on. */
  CheckpointRef end() {
    stream.end();
    CheckpointRef ref = store.reference(path, draft.finish());
    written = SafetensorsFile.open(draft.path());
    written.hold(tensor);
    return ref;
  }

  /** Leaves the file in the store. */
  void keep() {
    draft.commit();
  }

  @Override
  public int sequences() {
    return (int) written.shape(tensor)[0];
  }

  @Override
  public NDArray read(NDManager manager, int from, int count) {
    long[] shape = written.shape(tensor);
    return Tensors.read(
        manager, written, tensor, from * shape[1] * shape[2], count, shape[1], shape[2]);
  }

  @Override
  public void close() {
    draft.close();
  }
}

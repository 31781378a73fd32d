package puzzle.engine.bld;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.store.CorruptArtefactException;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;

/**
 * The last state of one training. Each state is a file of its own, and a small one beside it,
 * replaced whole, says which one counts and what its SHA-256 is; a process killed anywhere in
 * between leaves the state before.
 *
 * @param name of the variant or block that is trained for the layer
 * @param identity of what is trained; a training does not resume from a state of another identity
 */
public record TrainingCheckpoint(Store store, int layer, String name, String identity) {

  /**
   * How far a training is, besides its arrays.
   *
   * @param lossBefore held-out loss before the first step
   * @param best least held-out loss so far
   * @param plateau held-out loss when it last fell by more than a trifle
   * @param stalled evaluations since
   * @param rollbacks so far
   */
  public record Progress(
      int steps, double lossBefore, double best, double plateau, int stalled, int rollbacks) {}

  /** Content of the small file. */
  record Latest(String identity, Progress progress, CheckpointRef file) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Replaces the last state. */
  void save(Progress progress, Map<String, NDArray> arrays) {
    Optional<Latest> before = latest();
    CheckpointRef file =
        store.put(
            StorePaths.training(layer, name, progress.steps()),
            Tensors.writer(ElementType.F32, arrays)::writeTo);
    byte[] json = bytes(new Latest(identity, progress, file));
    store.put(StorePaths.training(layer, name), out -> out.write(json));
    before.filter(old -> !old.file().equals(file)).ifPresent(old -> store.discard(old.file()));
  }

  /** The last state of this identity that is whole, if any. */
  Optional<Latest> latest() {
    try {
      Path file = store.root().resolve(StorePaths.training(layer, name));
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      Latest latest = JSON.readValue(Files.readAllBytes(file), Latest.class);
      if (!identity.equals(latest.identity())) {
        return Optional.empty();
      }
      store.verify(latest.file());
      return Optional.of(latest);
    } catch (IOException | CorruptArtefactException e) {
      // Damaged: the training is done again from its start.
      return Optional.empty();
    }
  }

  SafetensorsFile open(Latest latest) {
    return store.safetensors(latest.file());
  }

  /** Deletes the last state, once what was trained is kept elsewhere. */
  public void discard() {
    try {
      Optional<Latest> last = latest();
      Files.deleteIfExists(store.root().resolve(StorePaths.training(layer, name)));
      last.ifPresent(latest -> store.discard(latest.file()));
    } catch (IOException e) {
      // It only takes room; the folder goes with the run.
    }
  }

  private static byte[] bytes(Latest latest) {
    try {
      return JSON.writeValueAsBytes(latest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

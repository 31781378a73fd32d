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
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.store.CorruptArtefactException;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;

/**
 * The last state of one training. Each state is a file of its own, and a small one beside it,
 * replaced whole, says which one counts and what its SHA-256 is; a process killed anywhere in
 * between leaves the state before.
 */
public final class TrainingCheckpoint {

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

  private final Store store;
  private final String path;
  private final String identity;

  /**
   * @param path in the store, without suffix
   * @param identity of what is trained; a state of another identity is not gone on from
   */
  public TrainingCheckpoint(Store store, String path, String identity) {
    this.store = store;
    this.path = path;
    this.identity = identity;
  }

  /** Replaces the last state. */
  void save(Progress progress, Map<String, NDArray> arrays) {
    Optional<Latest> before = latest();
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    arrays.forEach(
        (name, array) -> writer.add(name, array.getShape().getShape(), () -> Tensors.read(array)));
    CheckpointRef file =
        store.put(path + ".training-%06d.safetensors".formatted(progress.steps()), writer::writeTo);
    byte[] json = bytes(new Latest(identity, progress, file));
    store.put(name(), out -> out.write(json));
    before.filter(old -> !old.file().equals(file)).ifPresent(old -> store.discard(old.file()));
  }

  /** The last state of this identity that is whole, if any. */
  Optional<Latest> latest() {
    try {
      Path file = store.root().resolve(name());
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
      Files.deleteIfExists(store.root().resolve(name()));
      last.ifPresent(latest -> store.discard(latest.file()));
    } catch (IOException e) {
      // It only takes room; the folder goes with the run.
    }
  }

  private String name() {
    return path + ".training.json";
  }

  private static byte[] bytes(Latest latest) {
    try {
      return JSON.writeValueAsBytes(latest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

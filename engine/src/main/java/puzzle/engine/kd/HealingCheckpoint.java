package puzzle.engine.kd;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.checkpoint.CorruptArtefactException;
import puzzle.engine.checkpoint.ElementType;
import puzzle.engine.checkpoint.SafetensorsFile;
import puzzle.engine.checkpoint.SafetensorsWriter;
import puzzle.engine.checkpoint.Store;
import puzzle.engine.nn.Tensors;
import puzzle.model.CheckpointRef;

/**
 * The last state of a global distillation: parameters, moments, steps done. Each state is a file of
 * its own, and {@code latest.json}, replaced whole, says which one counts and what its SHA-256 is;
 * a process killed anywhere in between leaves the state before.
 */
final class HealingCheckpoint {

  private static final String LATEST = "healing/latest.json";

  /** Content of {@code latest.json}. */
  record Latest(String identity, int steps, CheckpointRef file) {}

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Store store;
  private final String identity;

  HealingCheckpoint(Store store, String identity) {
    this.store = store;
    this.identity = identity;
  }

  void save(int steps, Map<String, NDArray> parameters, Map<String, NDArray> moments) {
    Optional<Latest> before = latest();
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    add(writer, parameters);
    add(writer, moments);
    CheckpointRef file =
        store.put("healing/step-%06d.safetensors".formatted(steps), writer::writeTo);
    byte[] json = bytes(new Latest(identity, steps, file));
    store.put(LATEST, out -> out.write(json));
    before.filter(old -> !old.file().equals(file)).ifPresent(old -> discard(old.file()));
  }

  /** The last state of this identity that is whole, if any. */
  Optional<Latest> latest() {
    Path file = store.root().resolve(LATEST);
    try {
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

  private void discard(CheckpointRef file) {
    try {
      Files.deleteIfExists(store.resolve(file));
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

  private static void add(SafetensorsWriter writer, Map<String, NDArray> arrays) {
    arrays.forEach(
        (name, array) -> writer.add(name, array.getShape().getShape(), () -> Tensors.read(array)));
  }
}

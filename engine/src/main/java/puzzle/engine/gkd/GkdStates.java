package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;

/**
 * What the shards of a global distillation leave in the run's store after each round: parameters
 * under their names, moments under {@code m.} and {@code v.} before them. A state depends on what
 * it started from alone, so one that is written twice is the same.
 */
public record GkdStates(Store store) {

  /** Writes one shard's state after a round, whole or not at all. */
  CheckpointRef put(int round, int shard, Map<String, NDArray> state) {
    return store.put(
        StorePaths.gkdState(round, shard), Tensors.writer(ElementType.F32, state)::writeTo);
  }

  /**
   * The mean of the shards' states, or nothing where there are none.
   *
   * @throws puzzle.engine.store.CorruptArtefactException if one is not whole
   */
  public Optional<WeightSource> mean(List<CheckpointRef> states) {
    return states.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new MeanWeights(states.stream().<WeightSource>map(store::safetensors).toList()));
  }

  /** Deletes the states of a round, as far as they are there. */
  void discard(int round) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            store.root().resolve(StorePaths.GKD), StorePaths.gkdRound(round) + "*")) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // They only take room; the folder goes with the run.
    }
  }
}

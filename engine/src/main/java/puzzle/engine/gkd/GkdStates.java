package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;

/**
 * What a global distillation leaves in the run's store: after each round the shards' states, which
 * are parameters under their names and moments under {@code m.} and {@code v.} before them; and
 * children that were the best so far. A state depends on what it started from alone, so one that is
 * written twice is the same.
 */
public record GkdStates(Store store) {

  /** Writes one shard's state after a round, whole or not at all. */
  CheckpointRef put(int round, int shard, Map<String, NDArray> state) {
    return store.put(
        StorePaths.gkdState(round, shard), Tensors.writer(ElementType.F32, state)::writeTo);
  }

  /** Keeps the child before a round beside the healed one, and in the same way. */
  public CheckpointRef putChild(int round, WeightSource weights, DecoderConfig config) {
    return store.put(StorePaths.gkdChild(round), writer(weights, config)::writeTo);
  }

  /** Writes the healed child, in 16 bits. */
  public CheckpointRef putHealed(WeightSource weights, DecoderConfig config) {
    return store.put(StorePaths.CHILD, writer(weights, config)::writeTo);
  }

  /** Makes a child that was kept the healed one. */
  public CheckpointRef putHealed(CheckpointRef kept) {
    Path file = store.verify(kept);
    return store.put(StorePaths.CHILD, out -> Files.copy(file, out));
  }

  /** The child among those kept that the healed one was made of, if it is still whole. */
  public Optional<CheckpointRef> kept(CheckpointRef healed, int rounds) {
    return IntStream.range(0, rounds)
        .mapToObj(round -> store.found(StorePaths.gkdChild(round)))
        .flatMap(Optional::stream)
        .filter(child -> child.sha256().equals(healed.sha256()))
        .findFirst();
  }

  /** The states of all shards after a round, as they are now; none if one is missing. */
  public List<CheckpointRef> after(int round, int shards) {
    List<CheckpointRef> states =
        IntStream.range(0, shards)
            .mapToObj(shard -> store.found(StorePaths.gkdState(round, shard)))
            .flatMap(Optional::stream)
            .toList();
    return states.size() == shards ? states : List.of();
  }

  private static SafetensorsWriter writer(WeightSource weights, DecoderConfig config) {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    for (String name : new TreeSet<>(TensorLayout.of(config).keySet())) {
      writer.addParts(name, weights.shape(name), () -> weights.parts(name));
    }
    return writer;
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

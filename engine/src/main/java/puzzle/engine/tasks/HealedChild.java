package puzzle.engine.tasks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.ChildExporter;
import puzzle.engine.huggingface.ChildWeights;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.huggingface.ModelCard;
import puzzle.engine.store.CorruptArtefactException;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.Architecture;
import puzzle.model.CheckpointRef;
import puzzle.model.InvalidInputException;
import puzzle.model.Part;
import puzzle.model.RunSpec;

/**
 * The healed child of a run, to be written as a folder that other programs load.
 *
 * @param weights in the run's store
 * @param report lines of the model card, as {@code name: text}
 */
public record HealedChild(
    RunSpec spec, Architecture architecture, CheckpointRef weights, List<String> report) {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .build();

  /** What stands in a run's folder after GKD. */
  public static CheckpointRef weights(Store store) {
    return store
        .found(StorePaths.CHILD)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    store.root()
                        + ": holds no healed child.\nMaybe the run is not through: run it again."));
  }

  /** The format most readers know, or where it cannot hold the child the one that can. */
  public static ChildExporter.Format usualFormat(DecoderConfig parent) {
    return parent.qkNorm() ? ChildExporter.Format.ANYMODEL : ChildExporter.Format.NEMOTRON_NAS;
  }

  /** Writes a part of the weights into the store, to be exported with the others. */
  CheckpointRef write(Store store, Part part) {
    return store.put(
        StorePaths.shard(ChildWeights.name(part)),
        new ChildWeights(config()).writer(store.safetensors(weights), part)::writeTo);
  }

  /**
   * Writes the folder; an earlier child there is replaced.
   *
   * @return the SHA-256 of the files of weights, by name
   * @throws InvalidInputException if the format cannot hold this child
   */
  public Map<String, String> export(Store store, Path target, ChildExporter.Format format) {
    return exporter().export(target, format, store.safetensors(weights), spec.parts().export());
  }

  /**
   * The same of weights that were written part by part.
   *
   * @throws CorruptArtefactException if a part is not what it was
   */
  Map<String, String> export(
      Store store, Path target, ChildExporter.Format format, List<CheckpointRef> parts) {
    List<ChildWeights.Shard> shards =
        parts.stream().map(ref -> new ChildWeights.Shard(store.verify(ref), ref.sha256())).toList();
    return exporter().export(target, format, shards);
  }

  private DecoderConfig config() {
    return HuggingFaceConfig.read(Path.of(spec.parent())).with(architecture);
  }

  private ChildExporter exporter() {
    Path parent = Path.of(spec.parent());
    ObjectNode provenance = JSON.createObjectNode();
    // Where the run lay is of no use to whom the child is given.
    ObjectNode run = JSON.valueToTree(spec);
    provenance.set("run", run.without(List.of("store", "parent")));
    provenance.set("architecture", JSON.valueToTree(architecture));
    provenance.set("healed", JSON.valueToTree(weights));
    return new ChildExporter(
        config(),
        parent,
        new ModelCard(spec.id().value(), parent.getFileName().toString(), report),
        provenance);
  }
}

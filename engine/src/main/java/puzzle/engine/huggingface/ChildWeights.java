package puzzle.engine.huggingface;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.TensorSpec;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.model.InvalidInputException;
import puzzle.model.Part;

/**
 * The weights of an exported child, in one file or in several of a range of the layers each: the
 * first one comes with the embedding, the last one with the final norm and the head.
 *
 * @param config of the child
 */
public record ChildWeights(DecoderConfig config) {

  /**
   * A file that was written before, by a task of its own.
   *
   * @param sha256 of its content, which was checked
   */
  public record Shard(Path file, String sha256) {}

  /** The file's name in the child's folder. */
  public static String name(Part part) {
    return part.of() == 1
        ? SafetensorsFolder.SINGLE
        : "model-%05d-of-%05d.safetensors".formatted(part.index() + 1, part.of());
  }

  /**
   * What goes into one file.
   *
   * @param weights the child's; more than it needs do no harm
   * @throws InvalidInputException if a tensor is missing or misshapen
   */
  public SafetensorsWriter writer(WeightSource weights, Part part) {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    tensors(part)
        .forEach(
            (name, spec) -> {
              check(weights, name, spec.shape());
              writer.addParts(name, spec.shape(), () -> weights.parts(name));
            });
    return writer;
  }

  /** All of them, in so many files. */
  ChildExporter.Weights written(WeightSource weights, int files) {
    return folder ->
        filled(folder, files, (part, file) -> writer(weights, part).write(file).sha256());
  }

  /**
   * All of them as they were written before: linked, or copied where that cannot be.
   *
   * @param shards in order
   */
  ChildExporter.Weights linked(List<Shard> shards) {
    return folder ->
        filled(
            folder,
            shards.size(),
            (part, file) -> {
              Shard shard = shards.get(part.index());
              try {
                Files.createLink(file, shard.file());
              } catch (IOException | UnsupportedOperationException e) {
                AtomicFile.write(file, out -> Files.copy(shard.file(), out));
              }
              return shard.sha256();
            });
  }

  /** Brings one file into the folder; returns its SHA-256. */
  private interface Fill {
    String bring(Part part, Path file);
  }

  private Map<String, String> filled(Path folder, int files, Fill fill) {
    Map<String, String> sums = new TreeMap<>();
    for (int i = 0; i < files; i++) {
      Part part = new Part(i, files, 1);
      sums.put(name(part), fill.bring(part, folder.resolve(name(part))));
    }
    if (files > 1) {
      ChildExporter.writeJson(folder.resolve(SafetensorsFolder.INDEX), index(files));
    }
    return sums;
  }

  private ObjectNode index(int files) {
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    ObjectNode metadata = index.putObject("metadata");
    ObjectNode fileOf = index.putObject("weight_map");
    long bytes = 0;
    for (int i = 0; i < files; i++) {
      Part part = new Part(i, files, 1);
      for (Map.Entry<String, TensorSpec> tensor : tensors(part).entrySet()) {
        fileOf.put(tensor.getKey(), name(part));
        bytes +=
            Arrays.stream(tensor.getValue().shape())
                .reduce(ElementType.BF16.bytes(), Math::multiplyExact);
      }
    }
    metadata.put("total_size", bytes);
    return index;
  }

  private Map<String, TensorSpec> tensors(Part part) {
    Map<String, TensorSpec> tensors = new LinkedHashMap<>(TensorLayout.of(config));
    int from = part.from(config.layers());
    int to = part.to(config.layers());
    IntStream.range(0, config.layers())
        .filter(layer -> layer < from || layer >= to)
        .mapToObj(TensorLayout::prefix)
        .forEach(others -> tensors.keySet().removeIf(name -> name.startsWith(others)));
    if (part.index() > 0) {
      tensors.remove(TensorLayout.EMBEDDING);
    }
    if (part.index() < part.of() - 1) {
      tensors.keySet().removeAll(List.of(TensorLayout.NORM, TensorLayout.HEAD));
    }
    return tensors;
  }

  private static void check(WeightSource weights, String name, long[] shape) {
    if (!weights.names().contains(name)) {
      throw new InvalidInputException(
          "child: tensor '" + name + "' is missing.\nMaybe its variant was not trained.");
    }
    if (!Arrays.equals(weights.shape(name), shape)) {
      throw new InvalidInputException(
          "child: tensor '%s' has shape %s, its layer needs %s.\nMaybe it is of another variant."
              .formatted(name, Arrays.toString(weights.shape(name)), Arrays.toString(shape)));
    }
  }
}

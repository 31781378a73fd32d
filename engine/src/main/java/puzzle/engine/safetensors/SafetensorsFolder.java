package puzzle.engine.safetensors;

import static puzzle.model.InvalidInputException.shown;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;

/**
 * The weights of a Hugging Face folder: {@code model.safetensors}, or the shards that {@code
 * model.safetensors.index.json} names. Pickled weights ({@code .bin}, {@code .pt}) are never read:
 * loading them can run code.
 */
public final class SafetensorsFolder implements WeightSource {

  public static final String SINGLE = "model.safetensors";
  public static final String INDEX = "model.safetensors.index.json";

  private final Path folder;
  private final Map<String, SafetensorsFile> shardOf;
  private final Map<String, String> unindexed;

  private SafetensorsFolder(
      Path folder, Map<String, SafetensorsFile> shardOf, Map<String, String> unindexed) {
    this.folder = folder;
    this.shardOf = shardOf;
    this.unindexed = unindexed;
  }

  /**
   * Reads index and headers.
   *
   * @throws InvalidInputException naming the file, if anything is missing or unsound
   */
  public static SafetensorsFolder open(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder + ": no such folder.\nMaybe the path is relative to another folder.");
    }
    Path index = folder.resolve(INDEX);
    // A link to nothing is there, too: opening it says so.
    if (Files.exists(index, LinkOption.NOFOLLOW_LINKS)) {
      return indexed(folder, index);
    }
    Path single = folder.resolve(SINGLE);
    if (!Files.exists(single, LinkOption.NOFOLLOW_LINKS)) {
      throw new InvalidInputException(
          "%s: holds neither %s nor %s.%nMaybe %s."
              .formatted(
                  folder,
                  SINGLE,
                  INDEX,
                  files(folder).isEmpty()
                      ? "it has only .bin or .pt weights, which are never read: convert them"
                      : "fetch the index too: without it, shards are not known to be all"));
    }
    SafetensorsFile file = SafetensorsFile.open(single);
    Map<String, SafetensorsFile> shardOf = new LinkedHashMap<>();
    file.names().forEach(name -> shardOf.put(name, file));
    return new SafetensorsFolder(folder, shardOf, Map.of());
  }

  private static SafetensorsFolder indexed(Path folder, Path index) {
    JsonValue map = JsonValue.read(index).object("weight_map");
    if (map.names().isEmpty()) {
      throw map.bad("is not a map from tensor to shard");
    }
    Map<String, SafetensorsFile> shards = new LinkedHashMap<>();
    Map<String, SafetensorsFile> shardOf = new LinkedHashMap<>();
    for (String name : map.names()) {
      String shard = map.text(name);
      SafetensorsFile file =
          shards.computeIfAbsent(
              shard, s -> SafetensorsFile.open(shardInside(folder, index, name, s)));
      if (!file.names().contains(name)) {
        throw new InvalidInputException(
            "%s: /weight_map: tensor '%s' is not in shard %s.\nMaybe index and shards are of different downloads."
                .formatted(index, shown(name), shown(shard)));
      }
      shardOf.put(name, file);
    }
    Map<String, String> unindexed = new LinkedHashMap<>();
    shards.forEach(
        (shard, file) -> {
          for (String name : file.names()) {
            if (!shardOf.containsKey(name)) {
              unindexed.put(name, shard);
            }
          }
        });
    return new SafetensorsFolder(folder, shardOf, unindexed);
  }

  private static List<Path> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Tensors that lie in a shard although the index does not say so, with the shard's name. */
  public Map<String, String> unindexed() {
    return Collections.unmodifiableMap(unindexed);
  }

  /**
   * The file of the folder that holds a tensor although the index does not say so; null if none
   * does.
   */
  public String elsewhere(String name) {
    if (unindexed.containsKey(name)) {
      return unindexed.get(name);
    }
    for (Path file : files(folder)) {
      try {
        if (SafetensorsFile.open(file).names().contains(name)) {
          return file.getFileName().toString();
        }
      } catch (InvalidInputException e) {
        // Not one that the index names: it does not matter that it cannot be read.
      }
    }
    return null;
  }

  /** Links are followed, as model caches are made of them; the index itself must not point out. */
  private static Path shardInside(Path folder, Path index, String name, String shard) {
    try {
      Path relative = Path.of(shard);
      if (!shard.isEmpty()
          && shard.endsWith(".safetensors")
          && !shard.contains("\\")
          && !relative.isAbsolute()
          && relative.equals(relative.normalize())
          && !relative.startsWith("..")) {
        return folder.resolve(relative);
      }
    } catch (InvalidPathException e) {
      // Refused below.
    }
    throw new InvalidInputException(
        "%s: /weight_map: tensor '%s' is said to lie in '%s', not a .safetensors file inside the folder.\nMaybe the index was tampered with: do not trust this checkpoint."
            .formatted(index, shown(name), shown(shard)));
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(shardOf.keySet());
  }

  /** The file that holds a tensor: for its type, or to read it in parts. */
  public SafetensorsFile shard(String name) {
    SafetensorsFile file = shardOf.get(name);
    if (file == null) {
      throw new InvalidInputException(
          folder + ": no tensor '" + name + "'.\nMaybe config.json belongs to another model.");
    }
    return file;
  }

  @Override
  public long[] shape(String name) {
    return shard(name).shape(name);
  }

  @Override
  public Optional<Place> place(String name) {
    return shard(name).place(name);
  }

  @Override
  public void warm(String name) {
    shard(name).warm(name);
  }

  @Override
  public FloatBuffer fp32(String name) {
    return shard(name).fp32(name);
  }

  @Override
  public void read(String name, long first, FloatBuffer into) {
    shard(name).read(name, first, into);
  }
}

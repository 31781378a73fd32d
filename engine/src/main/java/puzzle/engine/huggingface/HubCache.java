package puzzle.engine.huggingface;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import puzzle.model.InvalidInputException;

/**
 * The cache of a hub's client: {@code models--OWNER--NAME} with {@code blobs}, {@code refs} and
 * {@code snapshots/COMMIT}, of which only the last is a model's folder.
 */
final class HubCache {

  private static final String CONFIG = "config.json";
  private static final int DEPTH = 4;

  private HubCache() {}

  /**
   * @throws InvalidInputException if a folder is not a model's, naming those in it that are
   */
  static void requireModel(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          folder + ": no such folder.\nMaybe the path is relative to another folder.");
    }
    if (Files.exists(folder.resolve(CONFIG), LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> models = models(folder);
    boolean cache = Files.isDirectory(folder.resolve("snapshots"));
    if (!models.isEmpty()) {
      throw new InvalidInputException(
          "%s: holds no config.json%s.%nMaybe %s is meant%s."
              .formatted(
                  folder,
                  cache ? ": it is the root of a hub's cache of a model" : "",
                  models.get(0),
                  models.size() > 1 ? ", or another of the models in it" : ""));
    }
    if (cache) {
      throw new InvalidInputException(
          "%s: the root of a hub's cache of a model, without a snapshot.%nMaybe fetch it again."
              .formatted(folder));
    }
  }

  /** Folders below that have a config; the one that {@code refs/main} names first. */
  private static List<Path> models(Path folder) {
    try (Stream<Path> configs =
        Files.find(folder, DEPTH, (file, is) -> file.endsWith(CONFIG) && !is.isDirectory())) {
      List<Path> models = configs.limit(100).map(Path::getParent).sorted().toList();
      Path main = folder.resolve("refs").resolve("main");
      String commit = Files.isRegularFile(main) ? Files.readString(main).strip() : "";
      return Stream.concat(
              models.stream().filter(m -> m.getFileName().toString().equals(commit)),
              models.stream().filter(m -> !m.getFileName().toString().equals(commit)))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      return List.of();
    }
  }
}

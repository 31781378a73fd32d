package puzzle.engine.ablation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import puzzle.engine.files.AtomicFile;
import puzzle.model.Sha256;

/**
 * What was computed before, one small file each, named after all settings it depends on. Written
 * whole or not at all, so a study that was killed resumes where it stopped, and one with other
 * tables or seeds takes what it shares. Damaged entries are computed again.
 */
record ResultCache(Path folder) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param kind a folder's name
   * @param key everything the result depends on
   */
  <T> T get(String kind, String key, Class<T> type, Supplier<T> work) {
    Path file = folder.resolve(kind).resolve(name(key) + ".json");
    T known = read(file, key, type);
    if (known != null) {
      return known;
    }
    T result = work.get();
    ObjectNode entry = JSON.createObjectNode();
    entry.put("key", key);
    entry.set("result", JSON.valueToTree(result));
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    AtomicFile.write(file, out -> out.write(JSON.writeValueAsBytes(entry)));
    return result;
  }

  private static <T> T read(Path file, String key, Class<T> type) {
    if (!Files.exists(file)) {
      return null;
    }
    try {
      JsonNode entry = JSON.readTree(file.toFile());
      return entry.path("key").asText().equals(key)
          ? JSON.treeToValue(entry.get("result"), type)
          : null;
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }

  /** 24 hexadecimal digits of the SHA-256 of a key. */
  static String name(String key) {
    return Sha256.of(key).substring(0, 24);
  }
}

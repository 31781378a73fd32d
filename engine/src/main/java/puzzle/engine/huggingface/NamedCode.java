package puzzle.engine.huggingface;

import static puzzle.model.InvalidInputException.shown;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.engine.json.JsonValue;

/**
 * The Python classes that {@code auto_map} names, {@code modeling_decilm.DeciLMForCausalLM}: they
 * must be in the folder, unless they are said to be in another repository.
 */
final class NamedCode {

  static final String FIELD = "auto_map";
  private static final List<String> FILES = List.of("config.json", "tokenizer_config.json");
  private static final Pattern CLASS = Pattern.compile("(\\w+)\\.(\\w+)");

  private NamedCode() {}

  /** What is named and not there, one line each. */
  static List<String> findings(Path folder) {
    List<String> findings = new ArrayList<>();
    for (String file : FILES) {
      if (Files.isRegularFile(folder.resolve(file))) {
        JsonValue fields = JsonValue.read(folder.resolve(file));
        if (fields.has(FIELD)) {
          add(findings, folder, file, fields.object(FIELD));
        }
      }
    }
    return findings;
  }

  private static void add(List<String> findings, Path folder, String file, JsonValue map) {
    for (String name : map.names()) {
      JsonValue named = map.at(name);
      for (JsonValue one : named.isList() ? named.list() : List.of(named)) {
        if (one.isNull() || one.text().contains("--")) {
          continue;
        }
        Matcher parts = CLASS.matcher(one.text());
        if (!parts.matches() || !has(folder.resolve(parts.group(1) + ".py"), parts.group(2))) {
          findings.add(
              "%s: %s: %s is not in the folder"
                  .formatted(file, shown(one.pointer()), shown(one.text())));
        }
      }
    }
  }

  private static boolean has(Path code, String name) {
    try {
      return Files.isRegularFile(code) && Files.readString(code).contains("class " + name);
    } catch (IOException e) {
      return false;
    }
  }
}

package puzzle.actors.runfile;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import puzzle.model.InvalidInputException;

/**
 * One value of a YAML file, with the place it stands at. Read token by token: anchors and aliases
 * are refused rather than expanded, keys may not repeat, depth and size are bounded.
 */
final class YamlTree {

  /** A run file is a page of text; more is a mistake or an attack. */
  static final long MAX_BYTES = 1 << 20;

  private static final int MAX_DEPTH = 20;

  private final Path file;
  private final JsonLocation at;

  /** Where it stands in the file, as {@code target.limits}. */
  private final String path;

  /** Exactly one of the three is not null, unless the value is empty. */
  private final String text;

  private final Map<String, YamlTree> fields;
  private final List<YamlTree> items;

  /** Where its name stands; its own place if it has none. */
  private final JsonLocation nameAt;

  private YamlTree(
      Path file,
      JsonLocation at,
      JsonLocation nameAt,
      String path,
      String text,
      Map<String, YamlTree> fields,
      List<YamlTree> items) {
    this.nameAt = nameAt;
    this.file = file;
    this.at = at;
    this.path = path;
    this.text = text;
    this.fields = fields;
    this.items = items;
  }

  /**
   * @throws InvalidInputException naming file, line and column
   */
  static YamlTree read(Path file) {
    return parse(file, content(file));
  }

  /**
   * @param file where the text stands, for messages
   */
  static YamlTree parse(Path file, String content) {
    try (YAMLParser parser = new YAMLFactory().createParser(content)) {
      if (parser.nextToken() == null) {
        throw new InvalidInputException(
            file + ": is empty.\nMaybe start from examples/tiny/puzzle.yaml.");
      }
      YamlTree tree = value(file, parser, "", 0);
      if (parser.nextToken() != null) {
        throw tree.wrong(parser.currentTokenLocation(), "a second document", "write one document");
      }
      return tree;
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new InvalidInputException(
          "%s:%d:%d: not YAML: %s\nMaybe look at the indentation and at unquoted colons."
              .formatted(
                  file,
                  at == null ? 0 : at.getLineNr(),
                  at == null ? 0 : at.getColumnNr(),
                  e.getOriginalMessage().lines().findFirst().orElse("")),
          e);
    } catch (IOException e) {
      throw new InvalidInputException(file + ": " + e.getMessage(), e);
    }
  }

  boolean isEmpty() {
    return text == null && fields == null && items == null;
  }

  boolean isSection() {
    return fields != null;
  }

  boolean isList() {
    return items != null;
  }

  /**
   * A file or folder that this value names.
   *
   * @return relative to the run file
   */
  Path path() {
    try {
      return file.toAbsolutePath().normalize().resolveSibling(text()).normalize();
    } catch (InvalidPathException e) {
      throw wrong(quoted() + " is not a path", "leave out what no file name holds");
    }
  }

  Map<String, YamlTree> fields() {
    if (fields == null) {
      throw wrong("is not a section", "indent its settings under it");
    }
    return fields;
  }

  List<YamlTree> items() {
    if (items == null) {
      throw wrong("is not a list", "write [a, b] or one '- ' line each");
    }
    return items;
  }

  String text() {
    if (text == null) {
      throw wrong(
          isEmpty() ? "has no value" : "is not a plain value",
          "write one line of text or a number");
    }
    return text;
  }

  /** The text as messages quote it. */
  String quoted() {
    return "'" + InvalidInputException.shown(text()) + "'";
  }

  /** Whole number of at least {@code least}. */
  long whole(long least, long most) {
    try {
      long value = Long.parseLong(text().replace("_", ""));
      if (value < least || value > most) {
        throw wrong(
            InvalidInputException.shown(text) + " is out of range",
            "write a whole number from " + least + " to " + most);
      }
      return value;
    } catch (NumberFormatException e) {
      throw wrong(quoted() + " is not a whole number", "write digits alone");
    }
  }

  /** Finite number in a closed range. */
  double number(double least, double most) {
    double value;
    try {
      value = Double.parseDouble(text());
    } catch (NumberFormatException e) {
      value = Double.NaN;
    }
    if (!Double.isFinite(value)) {
      throw wrong(quoted() + " is not a finite number", "write 0.001 or 1e-3");
    }
    if (value < least || value > most) {
      throw wrong(
          InvalidInputException.shown(text) + " is out of range",
          "write a number from " + Values.decimal(least) + " to " + Values.decimal(most));
    }
    return value;
  }

  /** What is made of this value, or what is wrong with it, with its place. */
  <T> T checked(Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException | InvalidInputException e) {
      String[] lines = e.getMessage().split("\n", 2);
      String maybe =
          lines.length > 1 ? lines[1].replaceFirst("^Maybe ", "") : "see docs/run-file.md";
      throw wrong(lines[0].replaceFirst("\\.$", ""), maybe.replaceFirst("\\.$", ""));
    }
  }

  /** What is wrong with this value, with its place. */
  InvalidInputException wrong(String what, String maybe) {
    return wrong(at, (path.isEmpty() ? "" : path + ": ") + what, maybe);
  }

  /** What is wrong with this value's name, with the name's place. */
  InvalidInputException wrongName(String what, String maybe) {
    return wrong(nameAt, what, maybe);
  }

  private InvalidInputException wrong(JsonLocation place, String what, String maybe) {
    return new InvalidInputException(
        "%s:%d:%d: %s%s\nMaybe %s."
            .formatted(
                file,
                place.getLineNr(),
                place.getColumnNr(),
                what,
                what.endsWith("?") ? "" : ".",
                maybe));
  }

  private static YamlTree value(Path file, YAMLParser p, String path, int depth)
      throws IOException {
    JsonLocation at = p.currentTokenLocation();
    YamlTree here = new YamlTree(file, at, at, path, null, null, null);
    if (depth > MAX_DEPTH) {
      throw here.wrong("is nested too deeply", "flatten it");
    }
    if (p.isCurrentAlias() || p.getObjectId() != null) {
      throw here.wrong("anchors and aliases are not supported", "write the value out");
    }
    if (p.getTypeId() != null) {
      throw here.wrong("tags are not supported", "leave the tag out");
    }
    JsonToken token = p.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, YamlTree> fields = new LinkedHashMap<>();
      while (p.nextToken() != JsonToken.END_OBJECT) {
        String name = p.currentName();
        JsonLocation nameAt = p.currentTokenLocation();
        p.nextToken();
        String shown = InvalidInputException.shown(name);
        String child = path.isEmpty() ? shown : path + "." + shown;
        YamlTree value = value(file, p, child, depth + 1);
        if (value.isEmpty()) {
          value = new YamlTree(file, nameAt, nameAt, child, null, null, null);
        }
        if (fields.put(name, value.named(nameAt)) != null) {
          throw here.wrong(nameAt, child + " is given twice", "keep one of them");
        }
      }
      return new YamlTree(file, at, at, path, null, fields, null);
    }
    if (token == JsonToken.START_ARRAY) {
      List<YamlTree> items = new ArrayList<>();
      while (p.nextToken() != JsonToken.END_ARRAY) {
        items.add(value(file, p, path + "[" + items.size() + "]", depth + 1));
      }
      return new YamlTree(file, at, at, path, null, null, items);
    }
    if (token == JsonToken.VALUE_NULL) {
      return here;
    }
    return new YamlTree(file, at, at, path, p.getText(), null, null);
  }

  /** Errors about a section point at its name, not at its first setting. */
  private YamlTree named(JsonLocation name) {
    return new YamlTree(file, text == null ? name : at, name, path, text, fields, items);
  }

  private static String content(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidInputException(file + ": no such file.\nMaybe examples/tiny/puzzle.yaml.");
      }
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new InvalidInputException(
            "%s: %d bytes are too many for a run file, %d at most.\nMaybe it is another file."
                .formatted(file, bytes, MAX_BYTES));
      }
      return Files.readString(file);
    } catch (MalformedInputException e) {
      throw new InvalidInputException(file + ": is not UTF-8 text.\nMaybe it is another file.", e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + e.getMessage() + "\nMaybe its permissions.", e);
    }
  }
}

package puzzle.actors.runfile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.model.InvalidInputException;

/**
 * What a run file gives of one section: hands out values by key, and at the end refuses keys that
 * nobody asked for, with the nearest name that exists.
 */
final class Given {

  private final YamlTree tree;
  private final Map<String, YamlTree> fields;
  private final List<String> known = new ArrayList<>();

  /**
   * @param tree null if the section is absent
   */
  Given(YamlTree tree) {
    this.tree = tree;
    this.fields = tree == null || tree.isEmpty() ? Map.of() : tree.fields();
  }

  boolean has(String name) {
    return fields.containsKey(name);
  }

  Optional<YamlTree> get(String name) {
    known.add(name);
    return Optional.ofNullable(fields.get(name));
  }

  /**
   * @param meaning of the key, for the message if it is missing
   */
  YamlTree required(String name, String meaning) {
    refuseNearly(name);
    return get(name)
        .orElseThrow(() -> tree.wrong(name + " is missing", "write it: " + lowered(meaning)));
  }

  /** If there is none of that name, refuses one that is nearly so: it was meant. */
  private void refuseNearly(String name) {
    for (Map.Entry<String, YamlTree> field : fields.entrySet()) {
      if (!fields.containsKey(name)
          && !known.contains(field.getKey())
          && distance(name, field.getKey()) <= 2) {
        throw unknown(field, name, "write " + name);
      }
    }
  }

  /** Refuses what nobody asked for. */
  void end() {
    for (Map.Entry<String, YamlTree> field : fields.entrySet()) {
      if (!known.contains(field.getKey())) {
        String nearest =
            known.stream()
                .min(Comparator.comparingInt(k -> distance(k, field.getKey())))
                .orElse("");
        boolean close =
            distance(nearest, field.getKey()) <= Math.max(2, field.getKey().length() / 3);
        throw unknown(field, close ? nearest : "", "one of " + known);
      }
    }
  }

  private static String lowered(String sentence) {
    return Character.toLowerCase(sentence.charAt(0))
        + sentence.replaceFirst("\\.$", "").substring(1);
  }

  private static InvalidInputException unknown(
      Map.Entry<String, YamlTree> field, String meant, String maybe) {
    return field
        .getValue()
        .wrongName(
            "unknown key '%s'%s"
                .formatted(
                    InvalidInputException.shown(field.getKey()),
                    meant.isEmpty() ? "" : ", did you mean '" + meant + "'?"),
            maybe);
  }

  /** Edits from one word to another. */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        boolean same =
            Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1));
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}

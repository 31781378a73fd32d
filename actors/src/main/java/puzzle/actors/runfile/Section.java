package puzzle.actors.runfile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import puzzle.model.InvalidInputException;

/**
 * One section of a run file while it is read: hands out settings by name, and at the end refuses
 * those that nobody asked for, with the nearest name that exists.
 */
final class Section {

  private final YamlTree tree;
  private final Map<String, YamlTree> fields;
  private final List<String> known = new ArrayList<>();

  /**
   * @param tree null where the section is absent
   */
  Section(YamlTree tree) {
    this.tree = tree;
    this.fields = tree == null || tree.isEmpty() ? Map.of() : tree.fields();
  }

  Optional<YamlTree> get(String name) {
    known.add(name);
    return Optional.ofNullable(fields.get(name));
  }

  Section section(String name) {
    return new Section(get(name).orElse(null));
  }

  String text(String name, String otherwise) {
    return get(name).map(YamlTree::text).orElse(otherwise);
  }

  int whole(String name, int least, int otherwise) {
    return get(name).map(t -> (int) t.whole(least, Integer.MAX_VALUE)).orElse(otherwise);
  }

  double number(String name, double least, double most, double otherwise) {
    return get(name).map(t -> t.number(least, most)).orElse(otherwise);
  }

  YamlTree required(String name) {
    expect(name);
    return get(name)
        .orElseThrow(() -> tree.wrong(name + " is missing", "see examples/tiny/puzzle.yaml"));
  }

  /** Where there is none of that name, refuses one that is nearly so: it was meant. */
  void expect(String name) {
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

  private static InvalidInputException unknown(
      Map.Entry<String, YamlTree> field, String meant, String maybe) {
    return field
        .getValue()
        .wrongName(
            "unknown key '%s'%s"
                .formatted(
                    field.getKey(), meant.isEmpty() ? "" : ", did you mean '" + meant + "'?"),
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

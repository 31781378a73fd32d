package puzzle.actors.runfile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A section of a run file, as the list of its keys. Each is declared once; from that the section is
 * read, written back, and described in the JSON Schema and on the reference page.
 *
 * @param <R> what it is read as
 * @param <D> the same while it is put together; starts at the defaults
 */
final class Section<R, D> implements Value<R> {

  /** A key, and what a reader of the reference page wants to know of it. */
  final class Key<V> {
    final String name;
    final Value<V> value;
    private final Function<R, V> get;
    private final BiConsumer<D, V> set;
    private boolean required;
    private String meaning = "";
    private String unit = "";
    private String otherwise;
    private Object usual;

    private Key(String name, Value<V> value, Function<R, V> get, BiConsumer<D, V> set) {
      this.name = name;
      this.value = value;
      this.get = get;
      this.set = set;
    }

    boolean required() {
      return required;
    }

    String meaning() {
      return meaning.isEmpty() && value instanceof Section<?, ?> s ? s.meaning : meaning;
    }

    String unit() {
      return unit;
    }

    /** What holds if it is left out: as YAML, in words, or empty. */
    String otherwise() {
      return alternatives.contains(name)
          ? "one of `" + String.join("`, `", alternatives) + "` is required"
          : otherwise != null ? otherwise : usual().map(v -> "`" + v + "`").orElse("") + grown();
    }

    /** Its defaults for larger parents, as far as they change. */
    private String grown() {
      StringBuilder text = new StringBuilder();
      Object before = usual().orElse(null);
      for (Map.Entry<String, R> size : larger.entrySet()) {
        Object now = Optional.ofNullable(get.apply(size.getValue())).map(value::write).orElse(null);
        if (now != null && !now.equals(before)) {
          text.append(", ").append(size.getKey()).append(" `").append(now).append('`');
        }
        before = now;
      }
      return text.toString();
    }

    /** Whether its default depends on the parent's size. */
    private boolean grows() {
      return otherwise == null && !grown().isEmpty();
    }

    private Optional<Object> usual() {
      return usual != null
          ? Optional.of(usual)
          : Optional.ofNullable(defaults).map(get).map(value::write);
    }

    private boolean same(R one, R other) {
      return Objects.equals(get.apply(one), get.apply(other));
    }

    private void read(Given given, D draft) {
      Optional<YamlTree> tree =
          required ? Optional.of(given.required(name, meaning())) : given.get(name);
      tree.ifPresent(t -> set.accept(draft, value.read(t)));
    }

    private void write(R record, Map<String, Object> map) {
      V written = get.apply(record);
      if (written != null) {
        map.put(name, value.write(written));
      }
    }

    private ObjectNode describe() {
      ObjectNode schema = value.schema();
      if (!meaning().isEmpty()) {
        schema.put("description", meaning());
      }
      if (!grows()) {
        usual().ifPresent(v -> schema.putPOJO("default", v));
      }
      return schema;
    }
  }

  private final String meaning;
  private final Supplier<D> start;
  private final Function<D, R> build;
  private final List<Key<?>> keys = new ArrayList<>();
  private R defaults;
  private Map<String, R> larger = Map.of();
  private List<String> blamed = List.of();
  private List<String> alternatives = List.of();

  /**
   * @param build checks what concerns several keys; see {@link #blaming}
   */
  Section(String meaning, Supplier<D> start, Function<D, R> build) {
    this.meaning = meaning;
    this.start = start;
    this.build = build;
  }

  /** What {@code start} gives if nothing is changed; their values are shown as defaults. */
  Section<R, D> defaults(R record) {
    defaults = record;
    return this;
  }

  /** What {@code start} gives for larger parents, by what is said of them. */
  Section<R, D> larger(Map<String, R> records) {
    larger = records;
    return this;
  }

  /**
   * The keys whose default depends on the parent's size and that have the default of a size.
   *
   * @param words of the size
   */
  List<String> atDefault(R record, String words) {
    return keys.stream()
        .filter(
            key -> larger.containsKey(words) && key.grows() && key.same(record, larger.get(words)))
        .map(key -> key.name)
        .toList();
  }

  /** The first of these that is given is where a record that {@code build} refuses is reported. */
  Section<R, D> blaming(String... names) {
    blamed = List.of(names);
    return this;
  }

  /** Exactly one of these is given. */
  Section<R, D> either(String... names) {
    alternatives = List.of(names);
    return this;
  }

  /**
   * Adds a key.
   *
   * @param get null for what is not written
   */
  <V> Section<R, D> key(String name, Value<V> value, Function<R, V> get, BiConsumer<D, V> set) {
    keys.add(new Key<>(name, value, get, set));
    return this;
  }

  /** Of the last key: may not be left out. */
  Section<R, D> required() {
    last().required = true;
    return this;
  }

  /** Of the last key. */
  Section<R, D> means(String text) {
    last().meaning = text;
    return this;
  }

  /** Of the last key: its unit, and what it means. */
  Section<R, D> means(String unit, String text) {
    last().unit = unit;
    return means(text);
  }

  /** Of the last key: what holds if it is left out, in words. */
  Section<R, D> otherwise(String text) {
    last().otherwise = text;
    return this;
  }

  /** Of the last key: its default, as YAML, if {@link #defaults} do not say it. */
  Section<R, D> usually(Object value) {
    last().usual = value;
    return this;
  }

  private Key<?> last() {
    return keys.get(keys.size() - 1);
  }

  List<Key<?>> keys() {
    return keys;
  }

  String meaning() {
    return meaning;
  }

  @Override
  public R read(YamlTree tree) {
    Given given = new Given(tree);
    D draft = start.get();
    long chosen = alternatives.stream().filter(given::has).count();
    keys.forEach(key -> key.read(given, draft));
    given.end();
    if (chosen != 1 && !alternatives.isEmpty()) {
      throw tree.wrong(
          "has %s of %s".formatted(chosen == 0 ? "none" : "more than one", alternatives),
          "write one of them");
    }
    YamlTree place =
        blamed.stream().flatMap(name -> given.get(name).stream()).findFirst().orElse(tree);
    return place.checked(() -> build.apply(draft));
  }

  @Override
  public Map<String, Object> write(R record) {
    Map<String, Object> map = new LinkedHashMap<>();
    keys.forEach(key -> key.write(record, map));
    return map;
  }

  @Override
  public ObjectNode schema() {
    ObjectNode schema = JsonNodeFactory.instance.objectNode();
    schema.put("description", meaning).put("type", "object").put("additionalProperties", false);
    List<String> required = keys.stream().filter(Key::required).map(key -> key.name).toList();
    if (!required.isEmpty()) {
      required.forEach(schema.putArray("required")::add);
    }
    if (!alternatives.isEmpty()) {
      ArrayNode one = schema.putArray("oneOf");
      alternatives.forEach(key -> one.addObject().putArray("required").add(key));
    }
    ObjectNode properties = schema.putObject("properties");
    keys.forEach(key -> properties.set(key.name, key.describe()));
    return schema;
  }

  @Override
  public String form() {
    return "section";
  }
}

package puzzle.actors.runfile;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/** The kinds of value that several sections use. */
final class Values {

  private Values() {}

  private record Plain<V>(
      String form,
      Consumer<ObjectNode> describe,
      Function<YamlTree, V> reader,
      Function<V, ?> writer)
      implements Value<V> {

    @Override
    public V read(YamlTree tree) {
      return reader.apply(tree);
    }

    @Override
    public Object write(V value) {
      return writer.apply(value);
    }

    @Override
    public ObjectNode schema() {
      ObjectNode schema = JsonNodeFactory.instance.objectNode();
      describe.accept(schema);
      return schema;
    }
  }

  /**
   * @param form what may be written, in words
   * @param describe puts the JSON Schema's keywords
   */
  static <V> Value<V> of(
      String form,
      Consumer<ObjectNode> describe,
      Function<YamlTree, V> reader,
      Function<V, ?> writer) {
    return new Plain<>(form, describe, reader, writer);
  }

  static Value<Integer> whole(int least) {
    return of(
        "whole number from " + least,
        s -> s.put("type", "integer").put("minimum", least),
        t -> (int) t.whole(least, Integer.MAX_VALUE),
        v -> v);
  }

  static Value<Integer> whole(int least, int most) {
    return of(
        "whole number from " + least + " to " + most,
        s -> s.put("type", "integer").put("minimum", least).put("maximum", most),
        t -> (int) t.whole(least, most),
        v -> v);
  }

  static Value<Double> number(double least, double most) {
    return of(
        "number from " + decimal(least) + " to " + decimal(most),
        s -> s.put("type", "number").put("minimum", decimal(least)).put("maximum", decimal(most)),
        t -> t.number(least, most),
        Values::decimal);
  }

  static Value<String> text(String form, Function<YamlTree, String> reader) {
    return of(form, s -> s.put("type", "string"), reader, v -> v);
  }

  /**
   * One of an enum's constants, {@code TWO_STAGE} spelt {@code two-stage}.
   *
   * @param noun what it is, for messages
   */
  static <E extends Enum<E>> Value<E> choice(String noun, Class<E> type) {
    List<E> all = Arrays.asList(type.getEnumConstants());
    List<String> names = all.stream().map(Values::spelt).toList();
    return of(
        "one of `" + String.join("`, `", names) + "`",
        s -> names.forEach(s.putArray("enum")::add),
        t -> {
          int index = names.indexOf(t.text());
          if (index < 0) {
            throw t.wrong("unknown " + noun + " " + t.quoted(), "one of " + names);
          }
          return all.get(index);
        },
        Values::spelt);
  }

  /** A list of different constants in any order; may be empty. */
  static <E extends Enum<E>> Value<Set<E>> set(String noun, Class<E> type) {
    Value<E> item = choice(noun, type);
    return of(
        "list of " + item.form().replace("one of ", ""),
        s -> s.put("type", "array").set("items", item.schema()),
        t -> {
          Set<E> set = EnumSet.noneOf(type);
          t.items().forEach(i -> set.add(item.read(i)));
          return Collections.unmodifiableSet(set);
        },
        v -> v.stream().map(item::write).toList());
  }

  /**
   * The same, but for what {@code check} refuses.
   *
   * @param check throws {@link IllegalArgumentException}
   */
  static <V> Value<V> checked(Value<V> value, Consumer<V> check) {
    return of(
        value.form(),
        schema -> schema.setAll(value.schema()),
        tree -> {
          V read = value.read(tree);
          return tree.checked(
              () -> {
                check.accept(read);
                return read;
              });
        },
        value::write);
  }

  /** A list of at least one. */
  static <V> Value<List<V>> list(Value<V> item, String form) {
    return of(
        form,
        s -> s.put("type", "array").put("minItems", 1).set("items", item.schema()),
        t -> t.items().stream().map(item::read).toList(),
        v -> v.stream().map(item::write).toList());
  }

  /** {@code two-stage}. */
  static String spelt(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The same number as people write it: 0.0005, 30. */
  static BigDecimal decimal(double number) {
    BigDecimal shortest = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    return shortest.scale() < 0 ? shortest.setScale(0) : shortest;
  }
}

package puzzle.actors.runfile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * The section {@code space}: the variants of all layers, and under {@code layers} those that some
 * layers choose from, {@code "0-3": {attention: [kv-8, kv-4]}}.
 */
final class SpaceSection {

  private static final Pattern RANGE =
      Pattern.compile("\\s*([0-9]{1,6})(?:\\s*-\\s*([0-9]{1,6}))?\\s*");

  private final Supplier<ParentShape> parent;

  /**
   * @param parent asked for as soon as the section is read, not before
   */
  SpaceSection(Supplier<ParentShape> parent) {
    this.parent = parent;
  }

  /** The variants of all layers while they are read; those of some layers are among them. */
  private final Draft all = new Draft();

  private static final class Draft {
    private int multiple = 1;
    private List<Variant> attention;
    private List<Variant> ffn;
    private List<SearchSpace.Layers> layers = List.of();
  }

  Section<SearchSpace, ?> section() {
    return new Section<SearchSpace, Draft>(
            "The variants every layer may choose from (section 2).", () -> all, this::space)
        .blaming("attention", "ffn")
        .key("ffnMultipleOf", Values.whole(1), s -> null, (d, v) -> d.multiple = v)
        .means(
            "channels",
            "FFN widths of the standard space are rounded up to this; 256 for every reader of"
                + " nemotron-nas.")
        .usually(all.multiple)
        .key(
            "attention",
            variants(Subblock.ATTENTION),
            SearchSpace::attention,
            (d, v) -> d.attention = v)
        .means(
            "The parent's own first: [kv-8, kv-4, attention-linear, attention-no-op]. Where its layers"
                + " differ, in any order: each layer chooses its own, or what is not larger.")
        .otherwise("the parent's KV heads halved down to one, linear, no-op")
        .key("ffn", variants(Subblock.FFN), SearchSpace::ffn, (d, v) -> d.ffn = v)
        .means("The parent's own first: [ffn-1024, ffn-512, ffn-linear, ffn-no-op].")
        .otherwise("seven widths, from the parent's to a tenth of it, linear, no-op")
        .key(
            "layers",
            layers(),
            s -> s.layers().isEmpty() ? null : s.layers(),
            (d, v) -> d.layers = v)
        .means(
            "Layers that choose from fewer variants, by number or range: \"0-3\". The parent's own"
                + " is always among the choices.")
        .otherwise("all layers choose from all");
  }

  private SearchSpace space(Draft d) {
    SearchSpace standard = standard(d.multiple);
    List<Variant> attention = d.attention == null ? standard.attention() : d.attention;
    List<Variant> ffn = d.ffn == null ? standard.ffn() : d.ffn;
    ParentShape shape = parent.get();
    if (!shape.uniform()) {
      return new SearchSpace(
          withOwn(attention, shape), withOwn(ffn, shape), d.layers, shape.own().blocks());
    }
    SearchSpace space = new SearchSpace(attention, ffn, d.layers);
    if (!space.parent().equals(standard.parent())) {
      throw new IllegalArgumentException(
          "the first variants must be the parent's own, %s.\nMaybe put them first: %s and %s."
              .formatted(
                  standard.parent(), standard.parent().attention(), standard.parent().ffn()));
    }
    return space;
  }

  /** Where layers differ, what each has is among the choices, written or not. */
  private static List<Variant> withOwn(List<Variant> variants, ParentShape shape) {
    Set<Variant> all = new TreeSet<>(variants);
    shape.own().blocks().forEach(own -> all.add(own.get(variants.get(0).subblock())));
    return List.copyOf(all);
  }

  private SearchSpace standard(int multiple) {
    ParentShape shape = parent.get();
    return SearchSpace.standard(shape.kvHeads(), shape.intermediateSize(), multiple);
  }

  /** The paper's space for the parent. */
  SearchSpace standard() {
    return space(all);
  }

  private Value<List<Variant>> variants(Subblock subblock) {
    String names = Variant.pattern(subblock).replaceAll("[\\^()$]", "").replace("|", "`, `");
    String form = "list of `" + names.replace("[1-9][0-9]*", "N") + "`";
    return Values.list(
        Values.of(
            form,
            s -> s.put("type", "string").put("pattern", Variant.pattern(subblock)),
            t -> variant(t, subblock),
            Variant::name),
        form);
  }

  private Value<List<SearchSpace.Layers>> layers() {
    Section<SearchSpace.Layers, ?> choice = choice(0, 0);
    return Values.of(
        "section with a key for each range: `attention` and `ffn`",
        s -> describe(s, choice),
        tree -> {
          List<SearchSpace.Layers> some = new ArrayList<>();
          tree.fields().forEach((name, below) -> some.add(layers(name, below)));
          return some;
        },
        all -> {
          Map<String, Object> map = new LinkedHashMap<>();
          all.forEach(some -> map.put(some.first() + "-" + some.last(), choice.write(some)));
          return map;
        });
  }

  private static void describe(ObjectNode schema, Section<?, ?> choice) {
    schema.put("type", "object").put("additionalProperties", false);
    schema.putObject("patternProperties").set("^" + RANGE.pattern() + "$", choice.schema());
  }

  private SearchSpace.Layers layers(String name, YamlTree tree) {
    Matcher range = RANGE.matcher(name);
    if (!range.matches()) {
      throw tree.wrongName("'" + name + "' names no layers", "write \"3\" or \"0-3\"");
    }
    int first = Integer.parseInt(range.group(1));
    int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
    if (first > last || last >= parent.get().layers()) {
      throw tree.wrongName(
          "layers %s: the parent has layers 0 to %d".formatted(name, parent.get().layers() - 1),
          "count from 0, the lower one first");
    }
    return choice(first, last).read(tree);
  }

  /** What the layers of a range choose from. */
  private Section<SearchSpace.Layers, ?> choice(int first, int last) {
    return new Section<SearchSpace.Layers, Draft>(
            "", Draft::new, d -> new SearchSpace.Layers(first, last, d.attention, d.ffn))
        .key(
            "attention",
            Values.checked(variants(Subblock.ATTENTION), this::known),
            SearchSpace.Layers::attention,
            (d, v) -> d.attention = v)
        .key(
            "ffn",
            Values.checked(variants(Subblock.FFN), this::known),
            SearchSpace.Layers::ffn,
            (d, v) -> d.ffn = v);
  }

  private void known(List<Variant> variants) {
    SearchSpace standard = standard(all.multiple);
    ParentShape shape = parent.get();
    List<Variant> some =
        new ArrayList<>(
            withOwn(all.attention == null ? standard.attention() : all.attention, shape));
    some.addAll(withOwn(all.ffn == null ? standard.ffn() : all.ffn, shape));
    for (Variant variant : variants) {
      if (!some.contains(variant)) {
        throw new IllegalArgumentException(
            "%s is not among the variants of all layers, %s.\nMaybe add it to these."
                .formatted(variant, some));
      }
    }
  }

  private Variant variant(YamlTree text, Subblock subblock) {
    Variant variant = text.checked(() -> Variant.parse(text.text()));
    if (variant.subblock() != subblock) {
      throw text.wrong(
          "%s is not a variant of %s".formatted(variant, Values.spelt(subblock)),
          "write it under " + Values.spelt(variant.subblock()));
    }
    return text.checked(
        () -> {
          parent.get().requireFit(variant);
          return variant;
        });
  }
}

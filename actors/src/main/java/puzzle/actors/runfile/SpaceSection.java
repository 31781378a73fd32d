package puzzle.actors.runfile;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private static final Pattern RANGE = Pattern.compile("([0-9]{1,6})(?:\\s*-\\s*([0-9]{1,6}))?");

  private SpaceSection() {}

  static SearchSpace read(Section s, ParentShape shape) {
    int multiple = s.whole("ffnMultipleOf", 1, 1);
    SearchSpace standard =
        SearchSpace.standard(shape.kvHeads(), shape.intermediateSize(), multiple);
    List<Variant> attention =
        s.get("attention").map(t -> variants(t, shape)).orElse(standard.attention());
    List<Variant> ffn = s.get("ffn").map(t -> variants(t, shape)).orElse(standard.ffn());
    YamlTree place = s.get("attention").or(() -> s.get("ffn")).orElse(null);
    YamlTree layers = s.get("layers").orElse(null);
    s.end();
    SearchSpace space =
        place == null ? standard : RunFile.checked(place, () -> new SearchSpace(attention, ffn));
    if (!space.parent().equals(standard.parent())) {
      throw place.wrong(
          "the first variants must be the parent's own, " + standard.parent(),
          "put them first: " + standard.parent().attention() + " and " + standard.parent().ffn());
    }
    if (layers == null) {
      return space;
    }
    List<SearchSpace.Layers> some = new ArrayList<>();
    layers.fields().forEach((name, tree) -> some.add(layers(name, tree, space, shape)));
    return RunFile.checked(layers, () -> new SearchSpace(space.attention(), space.ffn(), some));
  }

  /** As in a run file. */
  static Map<String, Object> write(SearchSpace space) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("attention", names(space.attention()));
    map.put("ffn", names(space.ffn()));
    Map<String, Object> layers = new LinkedHashMap<>();
    for (SearchSpace.Layers some : space.layers()) {
      Map<String, Object> choice = new LinkedHashMap<>();
      if (some.attention() != null) {
        choice.put("attention", names(some.attention()));
      }
      if (some.ffn() != null) {
        choice.put("ffn", names(some.ffn()));
      }
      layers.put(some.first() + "-" + some.last(), choice);
    }
    if (!layers.isEmpty()) {
      map.put("layers", layers);
    }
    return map;
  }

  private static SearchSpace.Layers layers(
      String name, YamlTree tree, SearchSpace space, ParentShape shape) {
    Matcher range = RANGE.matcher(name.strip());
    if (!range.matches()) {
      throw tree.wrongName("'" + name + "' names no layers", "write \"3\" or \"0-3\"");
    }
    int first = Integer.parseInt(range.group(1));
    int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
    if (first > last || last >= shape.layers()) {
      throw tree.wrongName(
          "layers %s: the parent has layers 0 to %d".formatted(name, shape.layers() - 1),
          "count from 0, the lower one first");
    }
    Section s = new Section(tree);
    List<Variant> attention =
        s.get("attention").map(t -> known(t, shape, space, Subblock.ATTENTION)).orElse(null);
    List<Variant> ffn = s.get("ffn").map(t -> known(t, shape, space, Subblock.FFN)).orElse(null);
    s.end();
    return new SearchSpace.Layers(first, last, attention, ffn);
  }

  private static List<Variant> known(
      YamlTree list, ParentShape shape, SearchSpace space, Subblock subblock) {
    List<Variant> all = subblock == Subblock.ATTENTION ? space.attention() : space.ffn();
    List<Variant> variants = variants(list, shape);
    for (Variant variant : variants) {
      if (!all.contains(variant)) {
        throw list.wrong(
            variant + " is not among the variants of all layers, " + all,
            "add it to space." + (subblock == Subblock.ATTENTION ? "attention" : "ffn"));
      }
    }
    return variants;
  }

  private static List<Variant> variants(YamlTree list, ParentShape shape) {
    return list.items().stream().map(t -> variant(t, shape)).toList();
  }

  private static Variant variant(YamlTree text, ParentShape shape) {
    Variant variant = RunFile.checked(text, () -> Variant.parse(text.text()));
    boolean attention = variant.subblock() == Subblock.ATTENTION;
    int most = attention ? shape.kvHeads() : shape.intermediateSize();
    if (variant.size() > most) {
      throw text.wrong(
          variant + " is more than the parent has, " + most,
          "write a smaller one: variants are made of the parent's weights");
    }
    if (attention && variant.size() > 0 && shape.heads() % variant.size() != 0) {
      throw text.wrong(
          "%s: %d query heads cannot be dealt to %d KV heads"
              .formatted(variant, shape.heads(), variant.size()),
          "write a number that divides " + shape.heads());
    }
    return variant;
  }

  private static List<String> names(List<Variant> variants) {
    return variants.stream().map(Variant::name).toList();
  }
}

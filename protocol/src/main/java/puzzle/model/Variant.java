package puzzle.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One replacement for a subblock (section 2): fewer KV heads, a narrower FFN, one linear layer, or
 * nothing at all. The parent's own subblock is a variant too.
 *
 * <p>A flat value: its name says all of it, and is how it is written in run files, messages, the
 * journal and tables. What a kind means to the model is said by {@code
 * puzzle.engine.decoder.SubblockKind}.
 *
 * @param sizes one for each of the kind's, 1 or more
 */
public record Variant(Subblock subblock, Kind kind, Map<Size, Integer> sizes)
    implements Comparable<Variant> {

  /** A number that tells variants of one kind apart. */
  public enum Size {
    KV_HEADS,
    /** Channels between an FFN's projections. */
    WIDTH,
    /** Channels between the two factors of a matrix. */
    RANK
  }

  /**
   * What stands in the subblock's place, from what a parent has to nothing: the library's order. A
   * kind states how its variants are named; the sizes are those that the name asks for.
   */
  public enum Kind {
    /** Grouped-query attention. */
    GROUPED_ATTENTION("kv-{KV_HEADS}", Subblock.ATTENTION),
    /** A gated FFN. */
    GATED_FFN("ffn-{WIDTH}", Subblock.FFN),
    /** A gated FFN, each of whose matrices is a product of two. */
    LOW_RANK_FFN("ffn-{WIDTH}-rank-{RANK}", Subblock.FFN),
    /** One matrix. */
    LINEAR("{subblock}-linear", Subblock.ATTENTION, Subblock.FFN),
    /** The residual alone, without a norm. */
    NO_OP("{subblock}-no-op", Subblock.ATTENTION, Subblock.FFN);

    /** Where a size stands in a template. */
    private static final String PLACE = "\\{([A-Z_]+)}";

    private final String template;
    private final Set<Subblock> subblocks;
    private final List<Size> sizes;

    Kind(String template, Subblock... subblocks) {
      this.template = template;
      this.subblocks = Set.of(subblocks);
      this.sizes =
          Pattern.compile(PLACE)
              .matcher(template)
              .results()
              .map(place -> Size.valueOf(place.group(1)))
              .toList();
    }

    /** The kinds that may stand in a subblock. */
    public static List<Kind> of(Subblock subblock) {
      return Arrays.stream(values()).filter(kind -> kind.standsIn(subblock)).toList();
    }

    /** In the order of the name. */
    public List<Size> sizes() {
      return sizes;
    }

    private boolean standsIn(Subblock subblock) {
      return subblocks.contains(subblock);
    }

    /** True for what parents are made of; the other kinds only replace it. */
    public boolean ofParents() {
      return this == GROUPED_ATTENTION || this == GATED_FFN;
    }

    /** {@code grouped-attention}: for people and style sheets. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private String named(Subblock subblock) {
      return template.replace("{subblock}", subblock.name().toLowerCase(Locale.ROOT));
    }

    /** The name with something in the place of each size. */
    private String named(Subblock subblock, String size) {
      return named(subblock).replaceAll(PLACE, size);
    }
  }

  /** A kind in a subblock, and how its names read. */
  private record Spelling(Subblock subblock, Kind kind, Pattern pattern) {}

  private static final List<Spelling> SPELLINGS =
      Arrays.stream(Subblock.values())
          .flatMap(
              subblock ->
                  Kind.of(subblock).stream()
                      .map(
                          kind ->
                              new Spelling(
                                  subblock,
                                  kind,
                                  Pattern.compile(kind.named(subblock, "([1-9][0-9]{0,8})")))))
          .toList();

  public Variant {
    Objects.requireNonNull(subblock, "subblock");
    Map<Size, Integer> ordered = new EnumMap<>(Size.class);
    ordered.putAll(sizes);
    sizes = Collections.unmodifiableMap(ordered);
    if (!kind.standsIn(subblock)
        || !sizes.keySet().equals(Set.copyOf(kind.sizes()))
        || sizes.values().stream().anyMatch(size -> size < 1)) {
      throw new IllegalArgumentException("no " + kind + " " + subblock + " of sizes " + sizes);
    }
  }

  public static Variant attention(int kvHeads) {
    return new Variant(Subblock.ATTENTION, Kind.GROUPED_ATTENTION, Map.of(Size.KV_HEADS, kvHeads));
  }

  public static Variant ffn(int width) {
    return new Variant(Subblock.FFN, Kind.GATED_FFN, Map.of(Size.WIDTH, width));
  }

  public static Variant linear(Subblock subblock) {
    return new Variant(subblock, Kind.LINEAR, Map.of());
  }

  public static Variant noOp(Subblock subblock) {
    return new Variant(subblock, Kind.NO_OP, Map.of());
  }

  /**
   * @throws IllegalArgumentException if the kind has no such size
   */
  public int size(Size size) {
    Integer value = sizes.get(size);
    if (value == null) {
      throw new IllegalArgumentException(this + " has no " + size);
    }
    return value;
  }

  /**
   * True if it can stand in the place of a parent's subblock: it is that subblock, nothing, or can
   * be made of its weights and is no larger. Of one matrix, of a low-rank FFN and of nothing, none
   * is made but nothing.
   */
  public boolean replaces(Variant own) {
    if (equals(own) || subblock == own.subblock && isNoOp()) {
      return true;
    }
    if (subblock != own.subblock || !own.kind.ofParents()) {
      return false;
    }
    return switch (kind) {
      case GROUPED_ATTENTION -> size(Size.KV_HEADS) < own.size(Size.KV_HEADS);
      case GATED_FFN -> size(Size.WIDTH) < own.size(Size.WIDTH);
      case LOW_RANK_FFN -> size(Size.WIDTH) == own.size(Size.WIDTH);
      case LINEAR -> true;
      case NO_OP -> throw new IllegalStateException("a no-op replaces anything");
    };
  }

  /** True if nothing stands there: no weights, no time. */
  public boolean isNoOp() {
    return kind == Kind.NO_OP;
  }

  /** {@code kv-4}, {@code ffn-640}, {@code attention-linear}, {@code ffn-no-op}: unique. */
  @JsonValue
  public String name() {
    String name = kind.named(subblock);
    for (Size size : kind.sizes) {
      name = name.replace("{" + size + "}", sizes.get(size).toString());
    }
    return name;
  }

  /** Reads what {@link #name()} wrote. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Variant parse(String name) {
    String text = name.toLowerCase(Locale.ROOT);
    for (Spelling spelling : SPELLINGS) {
      Matcher read = spelling.pattern.matcher(text);
      if (read.matches()) {
        Map<Size, Integer> sizes = new EnumMap<>(Size.class);
        for (Size size : spelling.kind.sizes) {
          sizes.put(size, Integer.valueOf(read.group(sizes.size() + 1)));
        }
        return new Variant(spelling.subblock, spelling.kind, sizes);
      }
    }
    throw new IllegalArgumentException(
        "unknown variant '%s'.%nMaybe one of %s."
            .formatted(
                name,
                SPELLINGS.stream()
                    .map(s -> s.kind.named(s.subblock, "N"))
                    .collect(Collectors.joining(", "))));
  }

  /** Names of the variants that do nothing, for what knows variants by name only. */
  public static Set<String> noOpNames() {
    return Arrays.stream(Subblock.values())
        .map(subblock -> noOp(subblock).name())
        .collect(Collectors.toSet());
  }

  /** A regular expression of the names of all variants that may stand in a subblock. */
  public static String pattern(Subblock subblock) {
    return Kind.of(subblock).stream()
        .map(kind -> kind.named(subblock, "[1-9][0-9]*"))
        .collect(Collectors.joining("|", "^(", ")$"));
  }

  /** Attention before FFN, then the kinds in their order, of one kind the largest first. */
  @Override
  public int compareTo(Variant other) {
    int order = subblock.compareTo(other.subblock);
    order = order != 0 ? order : kind.compareTo(other.kind);
    for (Size size : order != 0 ? List.<Size>of() : kind.sizes) {
      order = order != 0 ? order : Integer.compare(other.size(size), size(size));
    }
    return order;
  }

  @Override
  public String toString() {
    return name();
  }
}

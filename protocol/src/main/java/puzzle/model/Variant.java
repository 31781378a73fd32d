package puzzle.model;

import java.util.Locale;
import java.util.Objects;

/**
 * One replacement for a subblock (section 2): fewer KV heads, a narrower FFN, one linear layer, or
 * nothing at all. The parent's own subblock is a variant too.
 *
 * @param size KV heads of an attention variant, intermediate size of an FFN variant, 0 for linear
 *     and no-op
 */
public record Variant(Subblock subblock, Form form, int size) implements Comparable<Variant> {

  /** What stands in the subblock's place. */
  public enum Form {
    /** Grouped-query attention, or a gated FFN. */
    SIZED,
    LINEAR,
    NO_OP
  }

  public Variant {
    Objects.requireNonNull(subblock, "subblock");
    Objects.requireNonNull(form, "form");
    if (form == Form.SIZED ? size < 1 : size != 0) {
      throw new IllegalArgumentException(
          "a " + form + " " + subblock + " cannot have size " + size);
    }
  }

  public static Variant attention(int kvHeads) {
    return new Variant(Subblock.ATTENTION, Form.SIZED, kvHeads);
  }

  public static Variant ffn(int intermediateSize) {
    return new Variant(Subblock.FFN, Form.SIZED, intermediateSize);
  }

  public static Variant linear(Subblock subblock) {
    return new Variant(subblock, Form.LINEAR, 0);
  }

  public static Variant noOp(Subblock subblock) {
    return new Variant(subblock, Form.NO_OP, 0);
  }

  /** {@code kv-4}, {@code ffn-640}, {@code attention-linear}, {@code ffn-no-op}: unique. */
  public String name() {
    String prefix = subblock == Subblock.ATTENTION ? "attention" : "ffn";
    return switch (form) {
      case SIZED -> (subblock == Subblock.ATTENTION ? "kv-" : "ffn-") + size;
      case LINEAR -> prefix + "-linear";
      case NO_OP -> prefix + "-no-op";
    };
  }

  /** Reads what {@link #name()} wrote. */
  public static Variant parse(String name) {
    String text = name.toLowerCase(Locale.ROOT);
    Subblock subblock =
        text.startsWith("kv-") || text.startsWith("attention-") ? Subblock.ATTENTION : Subblock.FFN;
    try {
      if (text.equals("attention-linear") || text.equals("ffn-linear")) {
        return linear(subblock);
      }
      if (text.equals("attention-no-op") || text.equals("ffn-no-op")) {
        return noOp(subblock);
      }
      if (text.startsWith("kv-") || text.startsWith("ffn-")) {
        return new Variant(
            subblock, Form.SIZED, Integer.parseInt(text.substring(text.indexOf('-') + 1)));
      }
    } catch (NumberFormatException e) {
      // Said below, with the whole name.
    }
    throw new IllegalArgumentException(
        "unknown variant '" + name + "'.\nMaybe kv-4, attention-linear, ffn-640 or ffn-no-op.");
  }

  /** A regular expression of the names of all variants that may stand in a subblock. */
  public static String pattern(Subblock subblock) {
    return subblock == Subblock.ATTENTION
        ? "^(kv-[1-9][0-9]*|attention-linear|attention-no-op)$"
        : "^(ffn-[1-9][0-9]*|ffn-linear|ffn-no-op)$";
  }

  /** Attention before FFN, then from the largest to linear to no-op: the library's order. */
  @Override
  public int compareTo(Variant other) {
    int bySubblock = subblock.compareTo(other.subblock);
    if (bySubblock != 0) {
      return bySubblock;
    }
    int byForm = form.compareTo(other.form);
    return byForm != 0 ? byForm : Integer.compare(other.size, size);
  }

  @Override
  public String toString() {
    return name();
  }
}

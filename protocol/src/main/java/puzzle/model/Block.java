package puzzle.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A composed block: the attention and the FFN variant of one layer. What the solver chooses. */
public record Block(Variant attention, Variant ffn) {

  public Block {
    if (attention.subblock() != Subblock.ATTENTION || ffn.subblock() != Subblock.FFN) {
      throw new IllegalArgumentException("not an (attention, FFN) pair: " + attention + ", " + ffn);
    }
  }

  public Variant get(Subblock subblock) {
    return subblock == Subblock.ATTENTION ? attention : ffn;
  }

  /** {@code kv-4+ffn-640}: how a block is written everywhere. */
  @JsonValue
  public String name() {
    return attention.name() + "+" + ffn.name();
  }

  /** Reads what {@link #name()} wrote. */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static Block parse(String name) {
    int plus = name.indexOf('+');
    if (plus < 0) {
      throw new IllegalArgumentException(
          "unknown block '" + name + "'.\nMaybe kv-4+ffn-640: attention, plus sign, FFN.");
    }
    return new Block(
        Variant.parse(name.substring(0, plus)), Variant.parse(name.substring(plus + 1)));
  }

  /** True if neither half does anything. */
  public boolean isNoOp() {
    return attention.isNoOp() && ffn.isNoOp();
  }

  @Override
  public String toString() {
    return name();
  }
}

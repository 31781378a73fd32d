package puzzle.model;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The variants that layers may choose from (section 2). Where all layers of the parent are alike,
 * the first of each list is the parent's own subblock, so block 0 is the parent's. Where they
 * differ, as those of an earlier run's child do, the lists hold what any layer may choose, and each
 * layer chooses its own and what can replace that ({@link Variant#replaces}).
 *
 * @param layers that choose from fewer; the parent's own subblocks are always among the choices
 * @param own the parent's block of each layer; empty if all have the first of each list
 */
public record SearchSpace(
    List<Variant> attention, List<Variant> ffn, List<Layers> layers, List<Block> own) {

  /**
   * Some consecutive layers.
   *
   * @param attention what they choose from, null for all
   * @param ffn what they choose from, null for all
   */
  public record Layers(int first, int last, List<Variant> attention, List<Variant> ffn) {
    public Layers {
      attention = attention == null ? null : List.copyOf(attention);
      ffn = ffn == null ? null : List.copyOf(ffn);
    }

    private boolean refuses(int layer, Variant variant) {
      List<Variant> choices = variant.subblock() == Subblock.ATTENTION ? attention : ffn;
      return layer >= first && layer <= last && choices != null && !choices.contains(variant);
    }
  }

  /** FFN widths as shares of the parent's, in percent (section 2). */
  private static final int[] FFN_PERCENT = {100, 87, 75, 50, 25, 20, 10};

  public SearchSpace {
    attention = checked(attention, Subblock.ATTENTION);
    ffn = checked(ffn, Subblock.FFN);
    layers = layers == null ? List.of() : List.copyOf(layers);
    own = own == null ? List.of() : List.copyOf(own);
    if (own.isEmpty()) {
      requireOfParents(attention.get(0));
      requireOfParents(ffn.get(0));
    }
    for (Block block : own) {
      if (!attention.contains(block.attention()) || !ffn.contains(block.ffn())) {
        throw new IllegalArgumentException("the parent's own " + block + " is not in the space");
      }
    }
  }

  /** Of a parent whose layers are alike. */
  public SearchSpace(List<Variant> attention, List<Variant> ffn, List<Layers> layers) {
    this(attention, ffn, layers, List.of());
  }

  /** The same for every layer. */
  public SearchSpace(List<Variant> attention, List<Variant> ffn) {
    this(attention, ffn, List.of());
  }

  /**
   * The paper's space: KV heads halved down to one, seven FFN widths, linear and no-op of both.
   *
   * @param multipleOf FFN widths are rounded up to this (256 for nemotron-nas, 1 to keep them)
   */
  public static SearchSpace standard(int kvHeads, int intermediateSize, int multipleOf) {
    List<Variant> attention = new ArrayList<>();
    for (int heads = kvHeads; heads >= 1; heads = heads % 2 == 0 ? heads / 2 : 0) {
      attention.add(Variant.attention(heads));
    }
    attention.add(Variant.linear(Subblock.ATTENTION));
    attention.add(Variant.noOp(Subblock.ATTENTION));
    LinkedHashSet<Variant> ffn = new LinkedHashSet<>();
    for (int percent : FFN_PERCENT) {
      int width = Math.max(1, Math.round(intermediateSize * (percent / 100f)));
      width = Math.min(intermediateSize, (width + multipleOf - 1) / multipleOf * multipleOf);
      ffn.add(Variant.ffn(width));
    }
    ffn.add(Variant.linear(Subblock.FFN));
    ffn.add(Variant.noOp(Subblock.FFN));
    return new SearchSpace(attention, List.copyOf(ffn));
  }

  /** All composed blocks, attention-major; index 0 is the parent's. */
  public List<Block> blocks() {
    List<Block> blocks = new ArrayList<>(attention.size() * ffn.size());
    for (Variant a : attention) {
      for (Variant f : ffn) {
        blocks.add(new Block(a, f));
      }
    }
    return blocks;
  }

  /** Attention variants, then FFN variants. */
  public List<Variant> variants() {
    List<Variant> all = new ArrayList<>(attention);
    all.addAll(ffn);
    return all;
  }

  /** The first of each list: the parent's block, if its layers are alike. */
  public Block parent() {
    return new Block(attention.get(0), ffn.get(0));
  }

  /** The parent's block of a layer. */
  public Block own(int layer) {
    return own.isEmpty() ? parent() : own.get(layer);
  }

  /** The parent as an architecture of this space. */
  public Architecture parent(int layers) {
    return own.isEmpty() ? Architecture.uniform(parent(), layers) : new Architecture(own);
  }

  /** What one layer chooses from, its own first. */
  public SearchSpace of(int layer) {
    return new SearchSpace(of(layer, attention), of(layer, ffn), List.of(), List.of(own(layer)));
  }

  private List<Variant> of(int layer, List<Variant> variants) {
    Variant first = own(layer).get(variants.get(0).subblock());
    LinkedHashSet<Variant> offered = new LinkedHashSet<>(List.of(first));
    variants.stream().filter(variant -> offers(layer, variant)).forEach(offered::add);
    return List.copyOf(offered);
  }

  /** True if the layer may choose the variant. */
  public boolean offers(int layer, Variant variant) {
    Variant mine = own(layer).get(variant.subblock());
    return variant.equals(mine)
        || (own.isEmpty() || variant.replaces(mine))
            && layers.stream().noneMatch(l -> l.refuses(layer, variant));
  }

  /** True if the layer may choose both halves. */
  public boolean offers(int layer, Block block) {
    return offers(layer, block.attention()) && offers(layer, block.ffn());
  }

  /**
   * True if the variant has weights of its own to train: neither the parent's nor a no-op. Asked of
   * the space {@link #of} a layer where layers differ.
   */
  public boolean trainable(Variant variant) {
    return !variant.isNoOp() && !variant.equals(parent().get(variant.subblock()));
  }

  /**
   * True if training the block as a whole (coupled BLD, section 3) is more than training its
   * halves: both are replaced, and at least one has weights to train.
   */
  public boolean trainsWhole(Block block) {
    return !block.attention().equals(attention.get(0))
        && !block.ffn().equals(ffn.get(0))
        && (trainable(block.attention()) || trainable(block.ffn()));
  }

  private static List<Variant> checked(List<Variant> variants, Subblock subblock) {
    if (variants == null || variants.isEmpty()) {
      throw new IllegalArgumentException(
          "the search space has no " + subblock + " variant.\nMaybe list the parent's own first.");
    }
    for (Variant variant : variants) {
      if (variant.subblock() != subblock) {
        throw new IllegalArgumentException(variant + " is not a variant of " + subblock);
      }
    }
    if (new LinkedHashSet<>(variants).size() != variants.size()) {
      throw new IllegalArgumentException("the search space names a variant twice: " + variants);
    }
    return List.copyOf(variants);
  }

  private static void requireOfParents(Variant first) {
    if (!first.kind().ofParents()) {
      throw new IllegalArgumentException(
          "the first %s variant must be the parent's own, not %s"
              .formatted(first.subblock(), first));
    }
  }
}

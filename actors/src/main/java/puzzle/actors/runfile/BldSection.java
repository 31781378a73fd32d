package puzzle.actors.runfile;

import static puzzle.actors.runfile.Values.number;
import static puzzle.actors.runfile.Values.whole;

import java.util.function.Consumer;
import java.util.function.Supplier;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec.Bld;

/** The section {@code bld}. */
final class BldSection {

  /**
   * @param size of the parent, asked for as soon as the section is read
   */
  static Section<Bld, RunDraft.Bld> section(Supplier<ParentSize> size) {
    return new Section<>(
            "Blockwise local distillation (section 3).",
            () -> size.get().bld(),
            RunDraft.Bld::build)
        .defaults(ParentSize.TOY.bld().build())
        .larger(ParentSize.larger(s -> s.bld().build()))
        .blaming("batch", "sequences")
        .key("sequences", whole(1), Bld::sequences, (d, v) -> d.sequences = v)
        .means("sequences", "Sequences on the tape.")
        .key("batch", whole(1), Bld::batch, (d, v) -> d.batch = v)
        .means("sequences", "Sequences per step, at most those on the tape.")
        .key("steps", whole(1), Bld::steps, (d, v) -> d.steps = v)
        .means("steps", "Optimiser steps per variant.")
        .key("warmupSteps", whole(0), Bld::warmupSteps, (d, v) -> d.warmupSteps = v)
        .means("steps", "Linear warm-up, then cosine decay to a tenth.")
        .key("learningRate", number(1e-9, 10), Bld::learningRate, (d, v) -> d.learningRate = v)
        .means("Of AdamW, after the warm-up.")
        .key("weightDecay", number(0, 10), Bld::weightDecay, (d, v) -> d.weightDecay = v)
        .means("Of AdamW.")
        .key("clipNorm", number(1e-9, 1e9), Bld::clipNorm, (d, v) -> d.clipNorm = v)
        .means("Bound of the gradient's global norm.")
        .key("mode", Values.choice("mode", Bld.Mode.class), Bld::mode, (d, v) -> d.mode = v)
        .means(
            "What is trained together: each variant by itself, each pair, or first each variant"
                + " and then the pairs that solutions use.")
        .key("keep", whole(1), Bld::keep, (d, v) -> d.keep = v)
        .means("blocks", "Blocks per layer, at most, that the second stage trains as a whole.")
        .key(
            "microBatch",
            whole(0),
            b -> b.safeguards().microBatch(),
            (d, v) -> guard(d, s -> s.microBatch = v))
        .means(
            "sequences",
            "Sequences per forward and backward pass; gradients are added up to the batch. 0: the whole"
                + " batch at once.")
        .key(
            "evaluateSteps",
            whole(0),
            b -> b.safeguards().evaluateSteps(),
            (d, v) -> guard(d, s -> s.evaluateSteps = v))
        .means("steps", "Steps between two measurements of the held-out loss. 0: at the end alone.")
        .key(
            "patience",
            whole(0),
            b -> b.safeguards().patience(),
            (d, v) -> guard(d, s -> s.patience = v))
        .means(
            "measurements",
            "Measurements in a row that may bring no lower held-out loss before the training of a variant"
                + " ends. 0: any number.")
        .key(
            "checkpointSteps",
            whole(0),
            b -> b.safeguards().checkpointSteps(),
            (d, v) -> guard(d, s -> s.checkpointSteps = v))
        .means("steps", "Steps between two checkpoints of a variant's training. 0: none.")
        .key(
            "tapeBudget",
            Quantity.bytes(),
            b -> b.safeguards().tapeBytes() == 0 ? null : b.safeguards().tapeBytes(),
            (d, v) -> guard(d, s -> s.tapeBytes = v))
        .means(
            "bytes",
            "Disk for the training states of all layers; those that find no room are made again"
                + " from the parent when they are needed.")
        .otherwise("no limit");
  }

  private BldSection() {}

  private static void guard(RunDraft.Bld draft, Consumer<RunDraft.Safeguards> change) {
    draft.safeguards = draft.safeguards.with(change);
  }
}

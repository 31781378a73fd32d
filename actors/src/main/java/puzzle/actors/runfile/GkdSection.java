package puzzle.actors.runfile;

import static puzzle.actors.runfile.Values.number;
import static puzzle.actors.runfile.Values.whole;

import java.util.function.Supplier;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec.Gkd;

/** The section {@code gkd}. */
final class GkdSection {

  /**
   * @param size of the parent, asked for as soon as the section is read
   */
  static Section<Gkd, RunDraft.Gkd> section(Supplier<ParentSize> size) {
    return new Section<>(
            "Global distillation of the child (section 4.3).",
            () -> size.get().gkd(),
            RunDraft.Gkd::build)
        .defaults(ParentSize.TOY.gkd().build())
        .larger(ParentSize.larger(s -> s.gkd().build()))
        .blaming("shards", "batch")
        .key("losses", Values.set("loss", Gkd.Loss.class), Gkd::losses, (d, v) -> d.losses = v)
        .means(
            "What is trained on, added up: the next token, the cosine distance of hidden states,"
                + " the KL divergence of logits. []: the child stays as it is.")
        .key("batch", whole(1), Gkd::batch, (d, v) -> d.batch = v)
        .means("sequences", "Sequences per step, of all shards together; a multiple of shards.")
        .key("steps", whole(1), Gkd::steps, (d, v) -> d.steps = v)
        .means("steps", "Optimiser steps.")
        .key("warmupSteps", whole(0), Gkd::warmupSteps, (d, v) -> d.warmupSteps = v)
        .means("steps", "Linear warm-up, then cosine decay to a tenth.")
        .key("learningRate", number(1e-9, 10), Gkd::learningRate, (d, v) -> d.learningRate = v)
        .means("Of AdamW, after the warm-up.")
        .key("weightDecay", number(0, 10), Gkd::weightDecay, (d, v) -> d.weightDecay = v)
        .means("Of AdamW.")
        .key("clipNorm", number(1e-9, 1e9), Gkd::clipNorm, (d, v) -> d.clipNorm = v)
        .means("Bound of the gradient's global norm.")
        .key("checkpointSteps", whole(1), Gkd::checkpointSteps, (d, v) -> d.checkpointSteps = v)
        .means("steps", "Steps of a round: after it the shards' children are averaged and kept.")
        .key("microBatch", whole(0), Gkd::microBatch, (d, v) -> d.microBatch = v)
        .means(
            "sequences",
            "Sequences whose gradients are computed at once, then added up. 0: all of a shard's.")
        .key("temperature", number(1e-3, 1e3), Gkd::temperature, (d, v) -> d.temperature = v)
        .means("Of the distributions that kld compares.")
        .key("shards", whole(1), Gkd::shards, (d, v) -> d.shards = v)
        .means("Parts of the batch that train side by side, each on a device that is free.")
        .key("evaluateSteps", whole(0), Gkd::evaluateSteps, (d, v) -> d.evaluateSteps = v)
        .means(
            "steps",
            "Held-out KL is measured at the first round's end after every this many steps, besides"
                + " before the first and after the last. The best child measured is kept.");
  }

  private GkdSection() {}
}

package puzzle.model;

/**
 * How many sequences a task takes through the model at once. A task that does not fit a device's
 * memory is tried again with half of them: the same run file with smaller passes, so the engine
 * need not know. Sums over sequences are taken in another order then, which may show in the last
 * bits of a result.
 */
public final class MicroBatch {

  private MicroBatch() {}

  /** How often the task's micro-batch can be halved before it is 1; 0 if it has none. */
  public static int halvings(RunSpec spec, Task task) {
    int sequences = of(spec, task);
    return sequences <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(sequences - 1);
  }

  /** The same run with micro-batches halved {@code times} times, down to 1. */
  public static RunSpec halved(RunSpec spec, int times) {
    if (times == 0) {
      return spec;
    }
    return spec.with(
        s -> {
          int training = halved(training(spec), times);
          s.bld = s.bld.with(b -> b.safeguards = b.safeguards.with(g -> g.microBatch = training));
          s.scoring = s.scoring.with(c -> c.batch = halved(c.batch, times));
          s.gkd = s.gkd.with(g -> g.microBatch = halved(spec.gkd().passSequences(), times));
        });
  }

  private static int of(RunSpec spec, Task task) {
    if (task instanceof Task.Bld || task instanceof Task.BldBlock) {
      return training(spec);
    }
    if (task instanceof Task.GkdRound) {
      return spec.gkd().passSequences();
    }
    if (task instanceof TaskPart part) {
      return of(spec, part.whole());
    }
    return task instanceof Task.Record
            || task instanceof Task.ScoreBlock
            || task instanceof Task.Evaluate
        ? spec.scoring().batch()
        : 0;
  }

  private static int training(RunSpec spec) {
    int sequences = spec.bld().safeguards().microBatch();
    return sequences == 0 ? spec.bld().batch() : sequences;
  }

  private static int halved(int sequences, int times) {
    int left = sequences;
    for (int i = 0; i < times && left > 1; i++) {
      left = (left + 1) / 2;
    }
    return left;
  }
}

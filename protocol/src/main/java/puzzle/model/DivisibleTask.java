package puzzle.model;

import java.util.List;

/** A long task that can be done in parts, by several devices or after each other. */
public sealed interface DivisibleTask extends Task permits Task.Record, Task.Evaluate, Task.Export {

  /** What its parts made, in order, for it to join; none if it is undivided. */
  List<CheckpointRef> parts();

  /** The same task with what its parts made, or without. */
  DivisibleTask joining(List<CheckpointRef> parts);

  /** What parts begin and end with: a batch of sequences, or a layer. */
  default int unit(RunSpec run) {
    return this instanceof Task.Export ? 1 : run.scoring().batch();
  }
}

package puzzle.actors.work;

import puzzle.model.Task;

/**
 * A task its owner would like to have done now.
 *
 * @param priority smaller runs sooner, see {@link Priority}
 * @param layer whose activations the task reads, or -1
 * @param exclusive true if it measures time
 */
public record Wanted(Task task, int priority, int layer, boolean exclusive) {

  public static Wanted of(Task task, int priority) {
    return new Wanted(task, priority, -1, false);
  }

  public static Wanted measuring(Task task, int priority) {
    return new Wanted(task, priority, -1, true);
  }

  public static Wanted ofLayer(Task task, int priority, int layer) {
    return new Wanted(task, priority, layer, false);
  }
}

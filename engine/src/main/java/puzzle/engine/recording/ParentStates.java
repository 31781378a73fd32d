package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.store.Store;
import puzzle.model.Part;
import puzzle.model.SignOfLife;
import puzzle.model.Subblock;

/**
 * Runs the parent over a share of a split, a layer at a time, from file to file: memory holds a
 * batch, whatever the number of sequences. The same sequences in the same batches give the same
 * bits whenever they are run, which is what lets a tape be made again.
 *
 * @param batch sequences per forward pass
 * @param length tokens of a sequence
 * @param part which share of every split
 * @param tick called after each batch
 */
record ParentStates(Store store, Decoder parent, int batch, int length, Part part, Runnable tick) {

  /** States of some sequences. */
  interface Source {
    int sequences();

    /** Consecutive sequences, [count, tokens, hidden]. */
    NDArray read(NDManager manager, int from, int count);
  }

  /** What a layer's two subblocks are run for besides their output; of one batch. */
  interface Onlooker {
    void seen(NDArray input, NDArray middle);
  }

  /** Work on some consecutive sequences. */
  interface BatchWork {
    void run(NDManager manager, int from, int count);
  }

  /** Room for one split's states at one place. */
  StateDraft draft(Split split, Place place, int layer, ElementType type, int sequences) {
    return new StateDraft(
        store, split, place, layer, part, type, sequences, length, parent.config().hiddenSize());
  }

  /** The states before the first layer, written to each of the drafts. */
  void embed(Sequences sequences, List<StateDraft> to) {
    forEachBatch(
        Math.toIntExact(sequences.count()),
        (manager, from, count) -> {
          int[][] ids = sequences.read(from, count);
          NDArray x = parent.embed(Tensors.ids(manager, ids, 0, length));
          to.forEach(draft -> draft.write(x));
        });
  }

  /**
   * Runs one layer over all sequences.
   *
   * @param middle gets the states in its middle; null if nobody wants them
   * @param output each gets the states behind it
   * @param onlooker null for none
   */
  void layer(
      int layer, Source input, StateDraft middle, List<StateDraft> output, Onlooker onlooker) {
    forEachBatch(
        input.sequences(),
        (manager, from, count) -> {
          NDArray x = input.read(manager, from, count);
          NDArray after = parent.attention(parent.weights(layer, Subblock.ATTENTION), x);
          if (middle != null) {
            middle.write(after);
          }
          SignOfLife.give();
          NDArray y = parent.ffn(parent.weights(layer, Subblock.FFN), after);
          output.forEach(draft -> draft.write(y));
          if (onlooker != null) {
            SignOfLife.give();
            onlooker.seen(x, after);
          }
        });
  }

  void forEachBatch(int sequences, BatchWork work) {
    for (int from = 0; from < sequences; from += batch) {
      int first = from;
      int count = Math.min(batch, sequences - from);
      Tensors.inference(
          () -> {
            work.run(parent.manager(), first, count);
            return null;
          });
      tick.run();
    }
  }
}

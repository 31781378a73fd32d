package puzzle.engine.recording;

import java.util.List;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.Part;

/**
 * Names all files of a recording.
 *
 * @param tokens of all splits
 * @param importance of channels and heads
 * @param batch sequences per forward pass
 * @param shares in order
 */
record RecordingIndex(
    CheckpointRef tokens,
    CheckpointRef importance,
    int batch,
    double parentLoss,
    List<Share> shares) {

  /**
   * What was recorded of a share of every split's sequences.
   *
   * @param type of training states
   * @param activity sums over the training sequences; null if the share has none
   * @param losses of the parent on each sequence of {@link Split#EVALUATION}, nats per token
   */
  record Share(
      CheckpointRef tokens,
      int batch,
      ElementType type,
      Part part,
      List<StateFile> states,
      CheckpointRef activity,
      List<Double> losses) {

    /** This share's of a split's sequences. */
    Sequences of(Sequences all) {
      int count = Math.toIntExact(all.count());
      return all.part(part.from(count), part.to(count) - part.from(count));
    }

    /** A file of training states, or null. */
    StateFile file(Place place, int layer) {
      return states.stream()
          .filter(f -> f.split() == Split.TRAIN && f.place() == place && f.layer() == layer)
          .findFirst()
          .orElse(null);
    }

    boolean names(CheckpointRef ref) {
      return states.stream().anyMatch(f -> f.split() == Split.TRAIN && f.file().equals(ref));
    }
  }

  /** Files of a layer's states. */
  List<StateFile> files(Split split, int layer) {
    return shares.stream()
        .flatMap(share -> share.states().stream())
        .filter(f -> f.layer() == layer && f.split() == split)
        .toList();
  }

  /** Those at one place, in order. */
  List<StateFile> files(Split split, Place place, int layer) {
    return files(split, layer).stream().filter(f -> f.place() == place).toList();
  }

  /**
   * States of one layer on one split.
   *
   * @param parent runs for states that are not recorded
   */
  Tape tape(Store store, Split split, Place place, int layer, Decoder parent) {
    List<SafetensorsFile> files =
        files(split, place, layer).stream().map(f -> store.safetensors(f.file())).toList();
    return files.isEmpty() && place == Place.MIDDLE
        ? new RecomputedMiddle(tape(store, split, Place.INPUT, layer, parent), parent, layer)
        : new RecordedTape(files, StateFile.tensor(split, place));
  }
}

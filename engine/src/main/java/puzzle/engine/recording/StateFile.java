package puzzle.engine.recording;

import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;
import puzzle.model.Part;

/**
 * Names one file of states: those of a share of a split's sequences at one place of one layer.
 *
 * @param layer one more than there are for the final states
 * @param file may no longer be, or never have been, on disk if it is of {@code TRAIN}
 */
record StateFile(Split split, Place place, int layer, CheckpointRef file) {

  static String path(Split split, Place place, int layer, Part part) {
    return StorePaths.states(split.prefix(), place.suffix(), layer, part);
  }

  /** The one tensor of the file, [sequences, tokens, hidden]. */
  static String tensor(Split split, Place place) {
    return split.tensor(place.suffix());
  }
}

package puzzle.engine.ablation;

import java.util.List;
import java.util.stream.IntStream;
import puzzle.model.Architecture;
import puzzle.model.Task;

/**
 * An architecture with its weights.
 *
 * @param library of the replaced blocks; null if the weights of all layers are drawn at random
 */
record Model(Architecture architecture, Library library, long randomSeed) {

  static Model of(Architecture architecture, Library library) {
    return new Model(architecture, library, 0);
  }

  static Model random(Architecture architecture, long seed) {
    return new Model(architecture, null, seed);
  }

  List<Task.Weights> weights() {
    return IntStream.range(0, architecture.layers())
        .mapToObj(layer -> library.weights(layer, architecture.block(layer)))
        .toList();
  }

  /** All that the model's outputs depend on besides the parent. */
  String key() {
    return architecture + (library == null ? " random " + randomSeed : " " + weights());
  }
}

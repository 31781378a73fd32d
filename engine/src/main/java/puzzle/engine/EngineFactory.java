package puzzle.engine;

import java.nio.file.Path;
import puzzle.model.Device;
import puzzle.model.InvalidInputException;

/**
 * Where engines come from. Found as a service, so that the command line can print its help without
 * loading a tensor library.
 */
public interface EngineFactory {

  /**
   * Reads what a run's defaults depend on from a parent's configuration, and that its weights are
   * there in the shapes it says; no values.
   *
   * @throws InvalidInputException where the folder is no checkpoint of a supported family
   */
  ParentShape shape(Path parent);

  /**
   * Opens the engine of one device. Called on the device's own thread, which makes all further
   * calls.
   */
  BlockEngine open(Device device);

  /**
   * Sizes of a parent.
   *
   * @param kvHeads of every layer's attention
   * @param intermediateSize of every layer's FFN
   */
  record ParentShape(int layers, int heads, int kvHeads, int intermediateSize) {

    /** A query head for each KV head. */
    public ParentShape(int layers, int kvHeads, int intermediateSize) {
      this(layers, kvHeads, kvHeads, intermediateSize);
    }
  }
}

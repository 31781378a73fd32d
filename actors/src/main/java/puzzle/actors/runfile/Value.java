package puzzle.actors.runfile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import puzzle.model.InvalidInputException;

/**
 * What may stand at a key of a run file: how it is read, written back, and described to editors and
 * to people. A {@link Section} is one too.
 */
interface Value<V> {

  /**
   * @throws InvalidInputException with file, line and column
   */
  V read(YamlTree tree);

  /**
   * What {@link #read} gives back as the same value.
   *
   * @return a text, number, list or map
   */
  Object write(V value);

  /** Its JSON Schema, made anew with every call. */
  ObjectNode schema();

  /** What may be written, in the words of the reference page. */
  String form();
}

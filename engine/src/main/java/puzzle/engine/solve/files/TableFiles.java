package puzzle.engine.solve.files;

import java.nio.file.Path;

/** Opens a table file of any known format. */
public final class TableFiles {

  private TableFiles() {}

  /** Reads a file in the instance format. */
  public static InstanceFile.Instance instance(Path file) {
    return InstanceFile.parse(file.toString(), Json.read(file));
  }
}

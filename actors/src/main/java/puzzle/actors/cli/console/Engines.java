package puzzle.actors.cli.console;

import java.nio.file.Path;
import java.util.ServiceLoader;
import puzzle.actors.node.Tools;
import puzzle.actors.runfile.RunFile;
import puzzle.engine.EngineFactory;
import puzzle.engine.solve.IncrementalSolver;

/** The engine that commands work with. */
public final class Engines {

  private Engines() {}

  /** The engine on the class path; loads no tensors yet. */
  public static EngineFactory installed() {
    return ServiceLoader.load(EngineFactory.class)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "there is no engine on the class path.\nMaybe build again."));
  }

  /** The engine and the solver of a node. */
  public static Tools tools() {
    return new Tools(installed(), IncrementalSolver::new);
  }

  /**
   * Reads a run file, with the defaults that depend on its parent.
   *
   * @throws puzzle.model.InvalidInputException naming file, line and value
   */
  public static RunFile read(Path file) {
    return RunFile.read(file, Path.of(""), parent -> installed().shape(parent));
  }
}

package puzzle.actors.cli.console;

import java.nio.file.Path;
import java.util.ServiceLoader;
import puzzle.actors.node.Tools;
import puzzle.actors.runfile.RunFile;
import puzzle.engine.EngineFactory;
import puzzle.engine.data.TextReport;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.plan.Advice;
import puzzle.engine.plan.Fit;
import puzzle.engine.plan.Needs;
import puzzle.engine.plan.RunCheck;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.model.Precision;

/** The engine that commands work with. */
public final class Engines {

  private Engines() {}

  /** A run file that was found sound, and what its text is like. */
  public record Checked(RunFile run, TextReport text) {}

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

  /**
   * The same, and whatever the run would find wrong later: parent, tokenizer, prompts and batches
   * that do not go together. What is likely a mistake is said on standard error.
   *
   * @throws puzzle.model.InvalidInputException naming file, key and value
   */
  public static Checked checked(Path file) {
    Checked sound = sound(file);
    advise(sound.run());
    return sound;
  }

  /** {@link #checked}, and that this machine has the memory and the disk for it. */
  public static Checked fitting(Path file, int devices) {
    Checked sound = sound(file);
    RunFile run = sound.run();
    Fit.here(run.spec(), model(run), computesIn(run), devices).require(run.spec());
    advise(run);
    return sound;
  }

  private static Checked sound(Path file) {
    RunFile run = read(file);
    return new Checked(run, RunCheck.require(run.spec(), model(run)));
  }

  private static void advise(RunFile run) {
    for (String said : new Advice(run.spec(), model(run)).all()) {
      System.err.println("warning: " + said);
    }
  }

  /** What products will most likely compute in. */
  public static Precision computesIn(RunFile run) {
    return Needs.likely(run.spec());
  }

  public static DecoderConfig model(RunFile run) {
    return HuggingFaceConfig.read(Path.of(run.spec().parent()));
  }
}

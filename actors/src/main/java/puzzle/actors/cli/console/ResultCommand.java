package puzzle.actors.cli.console;

import picocli.CommandLine.Mixin;

/** A command whose result is text or JSON, as its caller asks. */
public abstract class ResultCommand extends CliCommand {

  @Mixin protected Output output;
}

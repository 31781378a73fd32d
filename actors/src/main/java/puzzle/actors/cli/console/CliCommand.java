package puzzle.actors.cli.console;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import puzzle.model.InvalidInputException;

/** What all commands share: their help, where they write, and the complaint about wrong usage. */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
public abstract class CliCommand implements Callable<Integer> {

  @Spec protected CommandSpec spec;

  /** Standard output; a line is flushed at its end. */
  protected final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Standard error. */
  protected final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Options that cannot be meant. Exit code 2. */
  protected final ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /**
   * An option's value, if it is within its bounds.
   *
   * @throws InvalidInputException if it is not
   */
  protected final int within(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidInputException(
          "%s is %d.\nMaybe a whole number from %d to %d.".formatted(option, value, least, most));
    }
    return value;
  }
}

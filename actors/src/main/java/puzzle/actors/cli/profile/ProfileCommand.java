package puzzle.actors.cli.profile;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Costs of blocks on the hardware a child will be served on. */
@Command(
    name = "profile",
    mixinStandardHelpOptions = true,
    description = "Costs of blocks on given hardware: measured, from tables, or modelled.",
    subcommands = {
      ProfileRun.class,
      ProfileShow.class,
      ProfileCompare.class,
      ProfileImport.class,
      ProfileFit.class,
      ProfileCheck.class
    })
public final class ProfileCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "profile needs a subcommand: " + spec.subcommands().keySet());
  }
}

package puzzle.actors.cli.cluster;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Services that production has and a developer's machine lacks. */
@Command(
    name = "dev",
    description = "Starts real services on loopback, to develop and test with.",
    mixinStandardHelpOptions = true,
    subcommands = {DevCassandra.class, DevCertificates.class})
public final class DevCommand implements Runnable {

  @Spec CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which service?");
  }
}

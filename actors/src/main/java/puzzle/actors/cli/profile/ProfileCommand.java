package puzzle.actors.cli.profile;

import picocli.CommandLine.Command;

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
public final class ProfileCommand {}

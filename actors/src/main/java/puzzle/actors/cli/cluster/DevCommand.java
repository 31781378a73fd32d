package puzzle.actors.cli.cluster;

import picocli.CommandLine.Command;

/** Services that production has and a developer's machine lacks. */
@Command(
    name = "dev",
    mixinStandardHelpOptions = true,
    description = "Starts real services on loopback, to develop and test with.",
    subcommands = {DevCassandra.class, DevCertificates.class})
public final class DevCommand {}

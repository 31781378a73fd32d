package puzzle.actors.cli.cluster;

import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.CliCommand;
import puzzle.actors.cli.console.ExitCode;
import puzzle.model.InvalidInputException;
import puzzle.persistence.cassandra.LocalCassandra;

/** One Cassandra node with the journal's tables, until the command is stopped. */
@Command(
    name = "cassandra",
    description = {
      "Starts Cassandra " + LocalCassandra.VERSION + " on 127.0.0.1 with the journal's tables.",
      "It keeps what it acknowledged when it is killed, and stops with this command.",
      "The first start lets Maven fetch about a hundred jars."
    })
final class DevCassandra extends CliCommand {

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Folder of its data. Default: ${DEFAULT-VALUE}.")
  Path folder = Path.of("runs/cassandra");

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port of CQL, 0 for a free one. Default: ${DEFAULT-VALUE}.")
  int port = 9042;

  @Override
  public Integer call() throws InterruptedException {
    within("--port", port, 0, 65_535);
    try (LocalCassandra cassandra = new LocalCassandra(folder, port)) {
      cassandra.start();
      out()
          .printf(
              "Cassandra %s on 127.0.0.1:%d, process %d, data and log in %s%n",
              LocalCassandra.VERSION,
              cassandra.port(),
              cassandra.pid(),
              cassandra.log().getParent());
      int ended = cassandra.await();
      System.err.printf("Cassandra ended with %d; its log is %s%n", ended, cassandra.log());
      return ExitCode.INTERNAL;
    } catch (IOException e) {
      throw new InvalidInputException(e.getMessage(), e);
    }
  }
}

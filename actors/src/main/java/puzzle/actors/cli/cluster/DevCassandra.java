package puzzle.actors.cli.cluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
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
    },
    mixinStandardHelpOptions = true)
final class DevCassandra implements Callable<Integer> {

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Folder of its data. Default: ${DEFAULT-VALUE}.",
      defaultValue = "runs/cassandra")
  Path folder;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port of CQL, 0 for a free one. Default: ${DEFAULT-VALUE}.",
      defaultValue = "9042")
  int port;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65_535) {
      throw new ParameterException(spec.commandLine(), "--port " + port + ": 0 to 65535.");
    }
    try (LocalCassandra cassandra = new LocalCassandra(folder, port)) {
      cassandra.start();
      spec.commandLine()
          .getOut()
          .printf(
              "Cassandra %s on 127.0.0.1:%d, process %d, data and log in %s%n",
              LocalCassandra.VERSION,
              cassandra.port(),
              cassandra.pid(),
              cassandra.log().getParent());
      spec.commandLine().getOut().flush();
      int ended = cassandra.await();
      System.err.printf("Cassandra ended with %d; its log is %s%n", ended, cassandra.log());
      return ExitCode.INTERNAL;
    } catch (IOException e) {
      throw new InvalidInputException(e.getMessage(), e);
    }
  }
}

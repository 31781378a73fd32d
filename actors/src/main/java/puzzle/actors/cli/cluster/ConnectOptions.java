package puzzle.actors.cli.cluster;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import puzzle.actors.node.ClusterLink;
import puzzle.cluster.NodeConfig;
import puzzle.model.InvalidInputException;

/** Which cluster a command talks to, and how. */
final class ConnectOptions {

  @Option(
      names = "--connect",
      paramLabel = "HOST:PORT",
      description = "Any node with the role edge. Default: ${DEFAULT-VALUE}.",
      defaultValue = "${env:PUZZLE_CONNECT:-127.0.0.1:25520}")
  String address;

  @Option(
      names = "--tls",
      paramLabel = "DIR",
      description = "Folder with tls.key, tls.crt and ca.crt.")
  Path tls;

  @Option(names = "--config", paramLabel = "FILE", description = "The nodes' settings (HOCON).")
  Path file;

  /**
   * @throws puzzle.actors.node.UnreachableException if nothing answers
   */
  ClusterLink open() {
    int colon = address.lastIndexOf(':');
    String port = address.substring(colon + 1);
    if (colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
      throw new InvalidInputException(
          "--connect '%s': not HOST:PORT.\nMaybe 127.0.0.1:25520.".formatted(address));
    }
    try {
      return ClusterLink.open(
          address.substring(0, colon),
          Integer.parseInt(port),
          new NodeConfig.Options(file, null, null, null, null, null, tls, false));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(e.getMessage(), e);
    }
  }
}

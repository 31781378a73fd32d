package puzzle.actors.cli.cluster;

import java.net.URI;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which node's HTTP API a command talks to, and with which token. */
final class NodeOptions {

  @Option(
      names = "--connect",
      paramLabel = "URL",
      description = "The node's address. Default: ${DEFAULT-VALUE}.")
  URI url = URI.create("http://127.0.0.1:7878");

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      required = true,
      description = "File with the operator's token: http-tokens beside the run's journal.")
  Path tokens;

  NodeClient client() {
    return new NodeClient(url, tokens);
  }
}

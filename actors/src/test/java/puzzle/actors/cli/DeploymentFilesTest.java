package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import puzzle.actors.cli.cluster.NodeCommand;
import puzzle.cluster.NodeConfig;
import puzzle.cluster.NodeRole;

/** What the files for Compose, Kubernetes and Slurm ask of a node, a node understands. */
class DeploymentFilesTest {

  private static final Path FOLDER = Path.of("../cluster-config/deploy");
  private static final Pattern OPTION = Pattern.compile("--[a-z][a-z-]+");
  private static final Pattern ROLES = Pattern.compile("--roles\"?,? \"?([a-z,]+)");

  @ParameterizedTest
  @ValueSource(strings = {"compose.yaml", "kubernetes/puzzle.yaml", "slurm.sh"})
  void everyOptionGivenToANodeExistsAndEveryRoleToo(String name) throws IOException {
    Set<String> known = new CommandLine(new NodeCommand()).getCommandSpec().optionsMap().keySet();
    List<String> calls = new ArrayList<>();
    for (String line : Files.readString(FOLDER.resolve(name)).lines().toList()) {
      if (line.contains("--roles") || line.contains("--seeds")) {
        calls.add(line);
      }
    }
    assertTrue(calls.size() >= 2, name);
    for (String call : calls) {
      Set<String> unknown = new TreeSet<>();
      OPTION.matcher(call).results().map(r -> r.group()).forEach(unknown::add);
      unknown.removeAll(known);
      assertEquals(Set.of(), unknown, call);
      Matcher roles = ROLES.matcher(call);
      if (roles.find()) {
        List.of(roles.group(1).split(",")).forEach(NodeRole::parse);
      }
    }
  }

  @Test
  void theSharedSettingsMakeANodeOnCassandra() {
    Config config =
        NodeConfig.node(
            new NodeConfig.Options(
                FOLDER.resolve("node.conf"),
                List.of("coordinator", "solver", "edge"),
                null,
                null,
                List.of("127.0.0.1:25520"),
                null,
                null,
                false));
    assertEquals("cassandra", config.getString("puzzle.journal"));
    assertTrue(config.getBoolean("puzzle.http.enabled"));
  }
}

package puzzle.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ProgressBoard;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.cli.console.Screen;
import puzzle.actors.node.PuzzleNode;
import puzzle.actors.node.Tools;
import puzzle.actors.run.RunFolder;
import puzzle.actors.runfile.RunFile;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Run;

/** Runs a whole search on this machine, in this process; the same file again resumes it. */
@Command(
    name = "run",
    description = {
      "Runs a whole search on this machine, from a parent to a healed child.",
      "Run the same file again and it resumes where it stopped, however it stopped."
    })
final class RunCommand extends ResultCommand {

  private static final int DEFAULT_PORT = 7878;

  @Parameters(paramLabel = "FILE", description = "The run file (YAML).")
  Path file;

  @Option(
      names = "--devices",
      paramLabel = "N",
      description = "CPU devices of one thread each. Default: ${DEFAULT-VALUE}.")
  int devices = 2;

  @Option(
      names = "--leave",
      paramLabel = "KIND",
      description = {
        "Tasks that the devices here do not take: a kind such as gkd, or a key with '*'. They wait for",
        "a worker that accepts them: see puzzle worker exec."
      })
  List<String> leave = List.of();

  @Option(
      names = "--fresh",
      description = "Start over; the store of an earlier run is moved aside.")
  boolean fresh;

  @Option(names = "--no-dashboard", description = "No web page, no HTTP port.")
  boolean noDashboard;

  @Option(
      names = "--http-port",
      paramLabel = "PORT",
      description = {
        "Port of the dashboard and the HTTP API on 127.0.0.1; 0 takes a free one.",
        "Default: 7878, or a free one if that is taken."
      })
  Integer httpPort;

  @Override
  public Integer call() throws Exception {
    long started = System.nanoTime();
    within("--devices", devices, 1, 1024);
    RunFile run = Engines.fitting(file, devices).run();
    Path folder = Path.of(run.spec().store());
    Outcome outcome;
    try (StoreLock store = StoreLock.take(folder, fresh)) {
      System.setProperty("puzzle.log", store.folder().resolve("puzzle.log").toString());
      Tools tools = Engines.tools();
      try (PuzzleNode node =
          PuzzleNode.alone(
              store.folder().resolve("journal"), devices, tools, dashboard(store.folder()))) {
        node.http().ifPresent(http -> System.err.println("dashboard: " + http.dashboardUrl()));
        outcome = follow(node, run, started);
        writeEvents(node, run.spec().id().value(), folder);
        print(folder, outcome, (System.nanoTime() - started) / 1e9);
      }
    }
    return ExitCode.of(outcome);
  }

  /** What is in the journal is not lost if there is no space to write it out. */
  private static void writeEvents(PuzzleNode node, String run, Path folder) {
    try {
      node.desk().events(run, folder);
    } catch (IllegalStateException e) {
      System.err.println(e.getMessage());
      System.err.println("Maybe the disk is full: see puzzle report " + folder + ".");
    }
  }

  /** Settings of the web page; its tokens lie beside the journal. */
  private Config dashboard(Path store) {
    int port = httpPort != null ? within("--http-port", httpPort, 0, 65_535) : DEFAULT_PORT;
    return ConfigFactory.parseMap(
        Map.of(
            "puzzle.http.enabled", !noDashboard,
            "puzzle.http.port", port,
            "puzzle.http.any-port", httpPort == null,
            "puzzle.gpu.leave", leave,
            "puzzle.http.token-file", store.resolve("http-tokens").toString()));
  }

  /** Starts the run and shows how it goes until it ends. */
  private Outcome follow(PuzzleNode node, RunFile run, long started) throws Exception {
    RunSpec search = run.spec();
    Screen screen = new Screen(search, output, started);
    node.watch(screen::on);
    Run.Answer answer = node.desk().start(search, run.layers(), run.hash());
    if (answer instanceof Run.Refused refused) {
      throw new RefusedException(refused.reason());
    }
    RunFolder.put(Path.of(search.store(), "config.resolved.yaml"), run.resolved());
    if (answer instanceof Run.Accepted accepted && accepted.resumed()) {
      screen.line("resuming " + search.id() + " in " + search.store());
    }
    return screen.until(() -> node.desk().status(search).outcome());
  }

  private void print(Path folder, Outcome outcome, double seconds) throws IOException {
    Path file = folder.resolve(RunFolder.SUMMARY);
    ObjectMapper json = new ObjectMapper();
    JsonNode read = Files.exists(file) ? json.readTree(file.toFile()) : json.createObjectNode();
    ObjectNode summary = (ObjectNode) read;
    summary.put("seconds", Math.round(seconds * 10) / 10.0);
    summary.put("peak_memory_bytes", PeakMemory.bytes());
    output.show(
        summary,
        (out, told) -> {
          out.print("\n" + ResultTable.of(told));
          out.printf(
              "%s in %s, peak memory %.2f GB%n",
              outcome.kind().name().toLowerCase(Locale.ROOT),
              ProgressBoard.clock(seconds),
              PeakMemory.bytes() / 1e9);
        });
    if (outcome.kind() != Outcome.Kind.DONE) {
      System.err.println(outcome.detail());
    }
  }
}

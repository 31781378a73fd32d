package puzzle.actors.cli;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.PuzzleNode;
import puzzle.actors.node.Tools;
import puzzle.actors.run.RunFolder;
import puzzle.model.InvalidInputException;

/** Writes a run's tables and report again, from its journal alone. */
@Command(
    name = "report",
    description = {
      "Writes a run's tables, report.html and events.ndjson again, from its journal alone.",
      "Also works for a run that was cancelled or stopped. Does not resume the run."
    })
final class ReportCommand extends ResultCommand {

  @Parameters(paramLabel = "STORE", description = "The run's folder, as runs/tiny.")
  Path folder;

  @Override
  public Integer call() throws IOException {
    if (!Files.isDirectory(folder.resolve("journal"))) {
      throw new InvalidInputException(
          folder
              + ": has no journal.\nMaybe give the folder that a run named: runs/tiny; runs of a"
              + " cluster keep theirs in Cassandra.");
    }
    try (StoreLock store = StoreLock.take(folder, false)) {
      System.setProperty("puzzle.log", store.folder().resolve("puzzle.log").toString());
      Tools tools = Engines.tools();
      try (PuzzleNode node =
          PuzzleNode.alone(
              store.folder().resolve("journal"),
              0,
              tools,
              ConfigFactory.parseString("puzzle.http.enabled = off"))) {
        List<String> runs = node.desk().runs();
        if (runs.isEmpty()) {
          throw new InvalidInputException(
              folder + ": its journal knows no run.\nMaybe it stopped before it began.");
        }
        for (String run : runs) {
          Path written = node.desk().report(run);
          out()
              .println(
                  output.json()
                      ? Files.readString(written.resolve(RunFolder.SUMMARY)).strip()
                      : written.resolve(RunFolder.REPORT).toString());
        }
      }
    }
    return ExitCode.DONE;
  }
}

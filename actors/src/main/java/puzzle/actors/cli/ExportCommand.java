package puzzle.actors.cli;

import static puzzle.actors.cli.console.Output.fields;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.run.RunFolder;
import puzzle.actors.run.Summary;
import puzzle.actors.runfile.RunFile;
import puzzle.engine.huggingface.ChildExporter;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.store.Store;
import puzzle.engine.tasks.HealedChild;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;

/** Writes the healed child of a run that is through, in another format or to another place. */
@Command(
    name = "export",
    description = "Writes the healed child of a finished run as a folder that servers load.")
final class ExportCommand extends ResultCommand {

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  @Parameters(paramLabel = "STORE", description = "The run's folder, as runs/tiny.")
  Path store;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "nemotron-nas or anymodel. Default: nemotron-nas if it can express the child.")
  String format;

  @Option(
      names = "--to",
      paramLabel = "FOLDER",
      description = "Where to write. Default: STORE/child, or STORE/child-FORMAT with --format.")
  Path to;

  @Override
  public Integer call() {
    RunFile run = read(store.resolve("config.resolved.yaml"));
    Summary summary = summary(store.resolve(RunFolder.SUMMARY));
    Store files = Store.open(store);
    HealedChild child =
        new HealedChild(
            run.spec(),
            new Architecture(summary.solution().choices().stream().map(Block::parse).toList()),
            HealedChild.weights(files),
            summary.modelCard());
    ChildExporter.Format as =
        format == null
            ? HealedChild.usualFormat(HuggingFaceConfig.read(Path.of(run.spec().parent())))
            : ChildExporter.Format.parse(format);
    Path target = to != null ? to : store.resolve(format == null ? "child" : "child-" + as.tag());
    child.export(files, target, as);
    Map<String, Object> written = fields("folder", target.toString(), "format", as.tag());
    output.show(written, (out, w) -> out.println(target));
    return ExitCode.DONE;
  }

  private static RunFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file.getParent()
              + ": is not the folder of a run.\nMaybe give a run's store, such as runs/tiny.");
    }
    return Engines.read(file);
  }

  private static Summary summary(Path file) {
    try {
      Summary summary =
          Files.isRegularFile(file) ? JSON.readValue(file.toFile(), Summary.class) : null;
      if (summary == null || summary.solution() == null || summary.child() == null) {
        throw new InvalidInputException(
            file + ": tells of no healed child.\nMaybe the run is not through: run it again.");
      }
      return summary;
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          file + ": cannot be understood: " + e.getOriginalMessage() + ".\nMaybe it was edited.",
          e);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + e.getMessage() + ".\nMaybe check its permissions.", e);
    }
  }
}

package puzzle.actors.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.ablation.AblationReport;
import puzzle.engine.ablation.AblationStudy;
import puzzle.engine.ablation.ExpectedOrder;
import puzzle.engine.ablation.StudySize;
import puzzle.engine.ablation.Table;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;

/** The paper's ablations on the parent of a run file. */
@Command(
    name = "ablate",
    description = {
      "Repeats the paper's ablations on the run file's parent, text, workload and limits.",
      "Changes one thing at a time, over several seeds; writes CSV, and HTML with plots.",
      "Sizes are the study's own. Results are kept: run again, a stopped study resumes."
    })
final class AblateCommand extends ResultCommand {

  private static final int MAX_SEEDS = 100;

  @Parameters(paramLabel = "FILE", description = "The run file (YAML).")
  private Path file;

  @Option(
      names = "--quick",
      description = "A smaller study: shows the form of the tables, not reliable orders.")
  private boolean quick;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Folder for results. Default: runs/NAME-ablations, or runs/NAME-quick with --quick.")
  private Path out;

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Number of repetitions, with seeds 1 to N.")
  private Integer seeds;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      arity = "1..*",
      split = ",",
      description = "Only these tables: ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private List<String> only = List.of();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Jobs at a time. Default: one per processor core. No result depends on it.")
  private Integer threads;

  @Option(
      names = "--costs",
      paramLabel = "FILE",
      description = "Use the costs of an earlier study (its costs.json) instead of measuring them.")
  private Path costs;

  /** For help and completion. */
  static final class Names extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    Names() {
      for (Table table : Table.values()) {
        add(table.label());
      }
    }
  }

  @Override
  public Integer call() {
    Set<Table> tables = tables();
    StudySize scale = quick ? StudySize.QUICK : StudySize.FULL;
    if (seeds != null) {
      scale = scale.withSeeds(within("--seeds", seeds, 1, MAX_SEEDS));
    }
    int workers =
        threads == null
            ? Runtime.getRuntime().availableProcessors()
            : within("--threads", threads, 1, 1024);
    RunSpec run = Engines.read(file).spec();
    Path folder =
        out != null ? out : Path.of("runs", run.id().value() + (quick ? "-quick" : "-ablations"));
    long start = System.nanoTime();
    // libtorch must not be taken down under a thread that is in it; what is kept is written whole.
    Thread interrupted = new Thread(() -> Runtime.getRuntime().halt(ExitCode.DETACHED));
    Runtime.getRuntime().addShutdownHook(interrupted);
    try (StoreLock store = StoreLock.take(folder, false)) {
      if (costs != null) {
        AblationStudy.useCosts(store.folder(), costs);
      }
      AblationStudy.Result result =
          new AblationStudy(
                  run,
                  scale,
                  store.folder(),
                  workers,
                  line -> System.err.printf("%s  %s%n", elapsed(start), line))
              .run(tables);
      AblationReport report = new AblationReport(run.id().value(), scale, result, command());
      report.write(store.folder());
      print(result, store.folder());
    } finally {
      Runtime.getRuntime().removeShutdownHook(interrupted);
    }
    return ExitCode.DONE;
  }

  private Set<Table> tables() {
    if (only.isEmpty()) {
      return EnumSet.allOf(Table.class);
    }
    Set<Table> tables = EnumSet.noneOf(Table.class);
    for (String name : only) {
      try {
        tables.add(Table.valueOf(name.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new InvalidInputException(
            "--only " + name + ": no such table.\nMaybe one of " + new Names() + ".");
      }
    }
    return tables;
  }

  /** As it was given. */
  private String command() {
    return "./puzzle "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  private static String elapsed(long start) {
    Duration spent = Duration.ofNanos(System.nanoTime() - start);
    return "%d:%02d".formatted(spent.toMinutes(), spent.toSecondsPart());
  }

  private void print(AblationStudy.Result result, Path folder) {
    String report = folder.resolve(AblationReport.HTML).toString();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("orders", result.orders().stream().map(AblateCommand::fields).toList());
    object.put("measurements", result.measurements());
    object.put("seconds", result.seconds());
    object.put("costs", result.costSource());
    object.put("report", report);
    output.show(
        object,
        (out, o) -> out.println(AblationReport.text(result.orders()) + "\nreport: " + report));
  }

  private static Map<String, Object> fields(ExpectedOrder.Outcome o) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("table", o.order().table().label());
    fields.put("better", o.order().better());
    fields.put("worse", o.order().worse());
    fields.put("kl_better", o.better().mean());
    fields.put("kl_worse", o.worse().mean());
    fields.put("difference", o.difference().mean());
    fields.put("standard_error", o.difference().error());
    fields.put("seeds", o.difference().count());
    fields.put("verdict", o.verdict().name().toLowerCase(Locale.ROOT));
    fields.put("holds", o.holds());
    return fields;
  }
}

package puzzle.actors.cli.solve;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.decoder.Servable;
import puzzle.engine.solve.Row;
import puzzle.engine.solve.Servability;
import puzzle.engine.solve.Solution;
import puzzle.engine.solve.SolveBudget;
import puzzle.engine.solve.SolverTable;
import puzzle.engine.solve.studies.Baselines;
import puzzle.engine.solve.studies.Sweeps;
import puzzle.engine.tables.LoadedTable;
import puzzle.engine.tables.TableFiles;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;

/** Chooses architectures from a table file: no tensors, no cluster. */
@Command(
    name = "solve",
    description = {
      "Chooses one block per layer from a library or table file, with a proof.",
      "Exit codes: 0 solved, 1 nothing found in time, 2 usage, 3 invalid input, 4 infeasible."
    })
public final class SolveCommand extends ResultCommand {

  private static final String ANY = "any";

  /** Where the table comes from. */
  static final class Source {
    @Option(
        names = "--instance",
        paramLabel = "FILE",
        description = "A solver instance with its own limits.")
    Path instance;

    @Option(
        names = "--library",
        paramLabel = "FILE",
        description =
            "block_library.json, subblock_stats.json, CSV, or a folder with profile.csv and"
                + " scores.csv; several files make one table.")
    List<Path> library;

    @Option(
        names = "--replay",
        paramLabel = "FILE",
        description =
            "Streams the scores of this library or instance to the solver in random order.")
    Path replay;

    @Option(
        names = "--bench",
        paramLabel = "DIR",
        description = "Solves every instance in the folder, five times each.")
    Path bench;
  }

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--limit",
      paramLabel = "NAME<=VALUE",
      description =
          "Limit on the sum of a stat; also NAME>=VALUE. Units are allowed: memory_mib<=80GiB.")
  private List<String> limits = List.of();

  @Option(
      names = "--objective",
      paramLabel = "METRIC",
      description = "Score to minimise. Default: ${DEFAULT-VALUE}.")
  private String objective = "kl_div";

  @Option(names = "--maximize", description = "Larger scores are better.")
  private boolean maximize;

  @Option(names = "--solutions", paramLabel = "K", description = "Number of solutions.")
  private int solutions = 1;

  @Option(
      names = "--differ",
      paramLabel = "N",
      description = "Any two solutions differ in at least N layers.")
  private int differ = 1;

  @Option(
      names = "--pareto",
      paramLabel = "NAME:FROM:TO:STEPS",
      description = "One solution for each of STEPS upper limits on a stat.")
  private String pareto;

  @Option(names = "--baselines", description = "Adds greedy, random, maximum parameters, uniform.")
  private boolean baselines;

  @Option(
      names = "--forbid",
      paramLabel = "LAYER:ITEM",
      description = "An item, by name or index, that a layer may not use.")
  private List<String> forbidden = List.of();

  @Option(
      names = "--force",
      paramLabel = "LAYER:ITEM",
      description = "The item that a layer must use.")
  private List<String> forced = List.of();

  @Option(
      names = "--servable",
      paramLabel = "SERVER",
      description =
          "Only architectures that SERVER can run: any, vllm, llama.cpp, mlx. Default: ${DEFAULT-VALUE}.")
  private String servable = "any";

  @Option(
      names = "--time-limit",
      paramLabel = "TIME",
      description = "For example 500ms, 10s, 2m. Default: ${DEFAULT-VALUE}.")
  private String timeLimit = "60s";

  @Option(
      names = "--gap",
      paramLabel = "RELATIVE",
      description = "Stop at this certified relative gap; 0 asks for a proof of optimality.")
  private double gap = 0;

  @Option(names = "--threads", description = "Results are deterministic with 1.")
  private int threads = 1;

  @Option(names = "--order", paramLabel = "SEED", description = "Seed of the order of a replay.")
  private long order = 1;

  @Option(names = "--dry-run", description = "Reads and checks the table without solving.")
  private boolean dryRun;

  @Override
  public Integer call() {
    if (solutions < 1 || differ < 1 || threads < 1 || !(gap >= 0)) {
      throw usage("--solutions, --differ and --threads are 1 or more, --gap 0 or more");
    }
    boolean restricts = !forbidden.isEmpty() || !forced.isEmpty() || !servable.equals(ANY);
    if (source.replay != null && restricts) {
      throw usage("--replay is of the whole table: no --forbid, --force or --servable");
    }
    boolean several = solutions > 1 || pareto != null || baselines;
    if (several && !servable.equals(ANY) && Servable.parse(servable).startsWithAttention()) {
      throw usage(
          "--servable %s is for one solution: no --solutions, --pareto or --baselines"
              .formatted(servable));
    }
    SolveBudget budget =
        new SolveBudget(LimitArguments.duration(timeLimit), () -> false, gap, threads);
    SolveReport report = new SolveReport(output, out(), maximize);
    if (source.bench != null) {
      return SolveStudies.bench(source.bench, budget, report);
    }
    LoadedTable loaded = load();
    loaded.skipped().forEach(row -> err().println("skipped " + row));
    SolverTable table = maximize ? loaded.table().negated() : loaded.table();
    List<Row> rows = new ArrayList<>(loaded.rows());
    for (String limit : limits) {
      rows.add(LimitArguments.row(limit, table, loaded.fixed()));
    }
    if (dryRun) {
      report.dryRun(loaded, rows);
      return ExitCode.DONE;
    }
    if (source.replay != null) {
      return SolveStudies.replay(table, rows, order, budget, report);
    }
    if (pareto != null) {
      LimitArguments.Sweep sweep = LimitArguments.sweep(pareto, table, loaded.fixed());
      List<Sweeps.Point> points =
          Sweeps.pareto(
              Servability.allowed(restricted(table), rules(table)),
              rows,
              sweep.stat(),
              sweep.from(),
              sweep.to(),
              sweep.steps(),
              budget);
      return report.sweep(table, points, loaded.fixed().getOrDefault(sweep.stat(), 0.0));
    }
    return solve(table, rows, budget, report);
  }

  private LoadedTable load() {
    if (source.instance != null) {
      return TableFiles.instance(source.instance);
    }
    List<Path> files = source.library != null ? source.library : List.of(source.replay);
    return TableFiles.library(files, objective, LimitArguments.stats(limits, pareto));
  }

  private int solve(SolverTable full, List<Row> rows, SolveBudget budget, SolveReport report) {
    Servability.Rules rules = rules(full);
    SolverTable table = Servability.allowed(restricted(full), rules);
    List<Solution> found;
    if (solutions > 1) {
      if (differ > table.layers()) {
        throw new InvalidInputException(
            "--differ %d: the table has %d layers.\nMaybe a smaller number."
                .formatted(differ, table.layers()));
      }
      found = Sweeps.diverse(table, rows, solutions, differ, budget);
    } else {
      found = List.of(Servability.solve(table, rows, rules, budget));
    }
    Solution best = found.get(0);
    if (best.status() == Solution.Status.INFEASIBLE) {
      best = best.with(Servability.explain(table, rows, rules, budget));
      found = List.of(best);
    }
    Map<String, Baselines.Baseline> simple =
        baselines
            ? Baselines.all(table, rows, sizeStat(table), Variant.noOpNames(), order, budget)
            : Map.of();
    report.solutions(table, found, solutions > 1, simple);
    return switch (best.status()) {
      case INFEASIBLE -> ExitCode.INFEASIBLE;
      case UNKNOWN -> ExitCode.INTERNAL;
      default -> ExitCode.DONE;
    };
  }

  private Servability.Rules rules(SolverTable table) {
    return servable.equals(ANY)
        ? Servability.Rules.NONE
        : ServableItems.of(Servable.parse(servable), table);
  }

  private static String sizeStat(SolverTable table) {
    return table.stats().stream()
        .filter(stat -> stat.toLowerCase(Locale.ROOT).contains("param"))
        .findFirst()
        .orElse(null);
  }

  /** Forbidden and forced items are taken out by taking their scores away. */
  private SolverTable restricted(SolverTable table) {
    SolverTable result = table;
    for (String place : forbidden) {
      int[] at = LimitArguments.place("--forbid", place, table);
      result = result.withScore(at[0], at[1], Double.NaN);
    }
    for (String place : forced) {
      int[] at = LimitArguments.place("--force", place, table);
      for (int j = 0; j < table.items(at[0]); j++) {
        if (j != at[1]) {
          result = result.withScore(at[0], j, Double.NaN);
        }
      }
    }
    return result;
  }
}

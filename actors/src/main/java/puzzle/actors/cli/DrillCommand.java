package puzzle.actors.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.actors.drill.Drills;
import puzzle.actors.drill.Findings;
import puzzle.actors.drill.Percentiles;
import puzzle.actors.drill.Victims;
import puzzle.persistence.Journal;

/** Kills nodes of a real cluster at random moments and says whether anything was lost. */
@Command(
    name = "drill",
    description = {
      "Kills nodes of a small real search at random moments and compares with an undisturbed one.",
      "The nodes are processes on this machine, killed without warning.",
      "Cleans up after itself. Exit code 7 where anything was lost, doubled or different."
    },
    mixinStandardHelpOptions = true)
final class DrillCommand implements Callable<Integer> {

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "3 to 9, of all roles; 1 with an embedded journal. Default: 3, or 1.")
  Integer nodes;

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "How many kills, over as many runs as it takes. Default: ${DEFAULT-VALUE}.",
      defaultValue = "3")
  int kills;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Which stages, which nodes, how long into a stage. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  long seed;

  @Option(
      names = "--journal",
      description = "cassandra or embedded. Default: ${DEFAULT-VALUE}.",
      defaultValue = "cassandra")
  String journal;

  @Option(
      names = "--victims",
      description = {
        "nodes: one, sometimes all; all: all, each time; journal: Cassandra's own process.",
        "Default: ${DEFAULT-VALUE}."
      },
      defaultValue = "nodes")
  Victims victims;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Work in this folder and keep it, logs and all. Default: a temporary one.")
  Path folder;

  @Mixin Output output;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Journal kept = journal();
    int size = nodes == null ? (kept == Journal.EMBEDDED ? 1 : 3) : nodes;
    if (kept == Journal.EMBEDDED && size != 1) {
      throw usage("--nodes " + size + ": an embedded journal is one node's alone");
    }
    if (kept == Journal.CASSANDRA && (size < 3 || size > 9)) {
      throw usage("--nodes " + size + ": 3 to 9, so that the others are a majority");
    }
    if (kept == Journal.EMBEDDED && victims == Victims.journal) {
      throw usage("--victims journal: an embedded journal is part of its node");
    }
    if (kills < 1 || kills > 10_000) {
      throw usage("--kills " + kills + ": 1 to 10000");
    }
    long started = System.nanoTime();
    Findings findings =
        Drills.run(
            kept,
            size,
            kills,
            seed,
            victims,
            folder,
            Engines.installed(),
            line -> System.err.printf("%6.1f  %s%n", (System.nanoTime() - started) / 1e9, line));
    if (output.json()) {
      output.print(findings);
    } else {
      print(findings);
    }
    output.out().flush();
    findings.wrong().forEach(System.err::println);
    return findings.kept() ? ExitCode.DONE : ExitCode.VERIFICATION_FAILED;
  }

  private Journal journal() {
    for (Journal known : List.of(Journal.CASSANDRA, Journal.EMBEDDED)) {
      if (known.label().equals(journal)) {
        return known;
      }
    }
    throw usage("--journal " + journal + ": cassandra or embedded");
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private void print(Findings f) {
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            """
            kills            %d, by stage %s, by kind %s
            equal            %s
            lost events      %d
            doubled results  %d
                             p50      p95      max      samples
            redo             %s
            solver back      %s
            """,
            f.kills(),
            f.byStage(),
            f.byKind(),
            f.equal() ? "yes" : "NO",
            f.lost(),
            f.doubled(),
            row(f.redo(), f.redoSamples()),
            row(f.solverBack(), f.solverBackSamples()));
  }

  private static String row(Percentiles p, int samples) {
    return samples == 0
        ? "none"
        : "%-8s %-8s %-8s %d"
            .formatted(seconds(p.p50()), seconds(p.p95()), seconds(p.max()), samples);
  }

  private static String seconds(double value) {
    return String.format(Locale.ROOT, "%.1f s", value);
  }
}

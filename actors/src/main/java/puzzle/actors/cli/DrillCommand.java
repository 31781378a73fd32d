package puzzle.actors.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
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
    })
final class DrillCommand extends ResultCommand {

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "3 to 9, of all roles; 1 with an embedded journal. Default: 3, or 1.")
  Integer nodes;

  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "How many kills, over as many runs as it takes. Default: ${DEFAULT-VALUE}.")
  int kills = 3;

  @Option(
      names = "--seed",
      paramLabel = "S",
      description = "Which stages, which nodes, how long into a stage. Default: ${DEFAULT-VALUE}.")
  long seed = 1;

  @Option(names = "--journal", description = "cassandra or embedded. Default: ${DEFAULT-VALUE}.")
  String journal = "cassandra";

  @Option(
      names = "--victims",
      description = {
        "nodes: one, sometimes all; all: all, each time; journal: Cassandra's own process.",
        "Default: ${DEFAULT-VALUE}."
      })
  Victims victims = Victims.nodes;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Work in this folder and keep it, logs and all. Default: a temporary one.")
  Path folder;

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
    within("--kills", kills, 1, 10_000);
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
    output.show(findings, DrillCommand::print);
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

  private static void print(PrintWriter out, Findings f) {
    out.printf(
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

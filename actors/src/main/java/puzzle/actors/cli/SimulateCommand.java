package puzzle.actors.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.PuzzleNode;
import puzzle.actors.node.Tools;
import puzzle.actors.simulation.Conduct;
import puzzle.actors.simulation.ProcessorTime;
import puzzle.actors.simulation.Simulation;
import puzzle.engine.files.Folders;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.model.DType;
import puzzle.model.Limit;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.Workload;
import puzzle.protocol.Feed;

/** A whole search on simulated devices: what the actors cost at a size that is not here. */
@Command(
    name = "simulate",
    description = {
      "Measures the system's own overhead by a whole search on simulated devices.",
      "Uses the real actors and a real journal: dispatch rate, idle devices, delay to the solver."
    })
final class SimulateCommand extends ResultCommand {

  @Option(names = "--gpus", description = "Default: ${DEFAULT-VALUE}.")
  int gpus = 1000;

  @Option(names = "--layers", description = "Default: ${DEFAULT-VALUE}.")
  int layers = 126;

  @Option(
      names = "--task-millis",
      paramLabel = "N",
      description =
          "Mean time of a score; training takes four times as long. Default: ${DEFAULT-VALUE}.")
  int millis = 1000;

  @Option(names = "--seed", description = "Seed of the random task times.")
  long seed = 1;

  @Option(
      names = "--journal",
      paramLabel = "embedded|memory",
      description = "embedded keeps events on disk, memory does not. Default: ${DEFAULT-VALUE}.")
  Journal journal = Journal.embedded;

  @Option(
      names = "--warm-up-layers",
      paramLabel = "N",
      description =
          "Layers of a warm-up search, since a JVM is slow at first; 0 for none."
              + " Default: ${DEFAULT-VALUE}.")
  int warmUpLayers = 40;

  /** Where events go. */
  enum Journal {
    embedded,
    memory
  }

  @Override
  public Integer call() throws Exception {
    within("--gpus", gpus, 1, 10_000);
    within("--layers", layers, 1, 1000);
    within("--task-millis", millis, 0, Integer.MAX_VALUE);
    within("--warm-up-layers", warmUpLayers, 0, 1000);
    Path folder = Files.createTempDirectory("puzzle-simulate");
    try {
      if (warmUpLayers > 0) {
        simulate(folder.resolve("warm-up"), Math.min(gpus, 200), warmUpLayers, 0);
      }
      ObjectNode result = simulate(folder.resolve("measured"), gpus, layers, millis);
      output.show(
          result,
          (out, r) ->
              r.properties().forEach(f -> out.printf("%-24s %s%n", f.getKey(), f.getValue())));
      return result.get("outcome").asText().equals(Outcome.Kind.DONE.name())
          ? ExitCode.DONE
          : ExitCode.INTERNAL;
    } finally {
      Folders.delete(folder);
    }
  }

  private ObjectNode simulate(Path folder, int gpus, int layers, int millis) throws Exception {
    Files.createDirectories(folder);
    System.setProperty("puzzle.log", folder.resolve("puzzle.log").toString());
    RunSpec search = search(folder);
    long trainable = search.space().variants().stream().filter(search.space()::trainable).count();
    int tasks = (int) (layers * (trainable + search.space().blocks().size() - 1));
    Simulation simulation =
        new Simulation(
            Conduct.drawn(seed, Duration.ofMillis(millis), 0.5), Duration.ofSeconds(5), tasks);
    AtomicReference<ProcessorTime> begin = new AtomicReference<>();
    AtomicReference<ProcessorTime> end = new AtomicReference<>();
    CompletableFuture<Outcome> ended = new CompletableFuture<>();
    Tools tools = new Tools(null, IncrementalSolver::new, simulation);
    long started = System.nanoTime();
    try (PuzzleNode node =
        PuzzleNode.alone(folder.resolve("journal"), gpus, tools, settings(folder))) {
      node.watch(
          fact -> {
            if (fact instanceof Feed.PhaseAdvanced p) {
              if (p.phase() == Phase.LIBRARY && begin.get() == null) {
                begin.set(ProcessorTime.now());
              } else if (p.phase().compareTo(Phase.LIBRARY) > 0 && end.get() == null) {
                end.set(ProcessorTime.now());
              }
            } else if (fact instanceof Feed.Ended e) {
              ended.complete(e.outcome());
            }
          });
      node.desk().start(search, layers, "simulated");
      Outcome outcome = ended.get(1, TimeUnit.HOURS);
      return report(
          outcome,
          gpus,
          layers,
          simulation.seen(),
          end.get().since(begin.get()),
          (System.nanoTime() - started) / 1e9);
    }
  }

  private ObjectNode report(
      Outcome outcome,
      int gpus,
      int layers,
      Simulation.Seen seen,
      ProcessorTime spent,
      double seconds) {
    ObjectNode n = new ObjectMapper().createObjectNode();
    n.put("outcome", outcome.kind().name());
    n.put("gpus", gpus);
    n.put("layers", layers);
    n.put("journal", journal.name());
    n.put("task_millis", millis);
    n.put("tasks", seen.tasks());
    n.put("seconds", round(seconds));
    n.put("library_seconds", round(seen.seconds()));
    n.put("tasks_per_second", round(seen.tasksPerSecond()));
    n.put("idle_share", Math.round(seen.idleShare() * 1e5) / 1e5);
    n.put("gap_p50_millis", round(seen.gapP50Millis()));
    n.put("gap_p99_millis", round(seen.gapP99Millis()));
    n.put("solver_p50_millis", round(seen.solverP50Millis()));
    n.put("solver_p99_millis", round(seen.solverP99Millis()));
    n.put("solver_max_millis", round(seen.solverMaxMillis()));
    n.put("cpu_micros_per_task", round(spent.system() / 1e3 / seen.tasks()));
    n.put("searches_seconds", round(spent.searches() / 1e9));
    n.put("compiler_seconds", round(spent.compiler() / 1e9));
    n.put("peak_memory_bytes", PeakMemory.bytes());
    return n;
  }

  private Config settings(Path folder) {
    return journal == Journal.embedded
        ? ConfigFactory.empty()
        : ConfigFactory.parseString(
            """
            pekko.persistence {
              journal.plugin = "pekko.persistence.journal.inmem"
              snapshot-store.plugin = "pekko.persistence.snapshot-store.local"
              snapshot-store.local.dir = "%s"
            }
            """
                .formatted(folder.resolve("snapshots")));
  }

  private RunSpec search(Path folder) {
    return RunSpec.of(
        s -> {
          s.id = new RunId("simulated");
          s.parent = "simulated";
          s.store = folder.toString();
          s.seed = seed;
          s.corpus = RunSpec.Corpus.of("simulated", 0.1, 4096);
          s.space = SearchSpace.standard(8, 28672, 256);
          s.target = target();
          s.bld =
              s.bld.with(
                  b -> {
                    b.batch = 4;
                    b.mode = RunSpec.Bld.Mode.DECOUPLED;
                  });
          s.scoring =
              s.scoring.with(
                  c -> {
                    c.batch = 4;
                    c.candidates = 0;
                  });
          s.gkd =
              s.gkd.with(
                  g -> {
                    g.batch = 4;
                    g.steps = 10;
                    g.checkpointSteps = 5;
                  });
        });
  }

  private static Target target() {
    Workload workload = new Workload(64, 2048, 2048, DType.FP8, DType.FP8, 1);
    List<Limit> limits =
        List.of(new Limit(Limit.Stat.THROUGHPUT, 2, true), new Limit(Limit.Stat.MEMORY, 0.6, true));
    return new Target("simulated", List.of(new Target.Goal(workload, limits)));
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }
}

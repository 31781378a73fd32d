package puzzle.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.runfile.RunFile;
import puzzle.cluster.PuzzleSettings;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.plan.Advice;
import puzzle.engine.plan.Fit;
import puzzle.engine.plan.ModelledPasses;
import puzzle.engine.plan.Needs;
import puzzle.engine.plan.PassTimes;
import puzzle.engine.plan.SearchEstimate;
import puzzle.engine.plan.TimedPasses;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.model.RunSpec;
import puzzle.model.Target;

/** What a search takes before anything runs; the parent's config is enough. */
@Command(
    name = "plan",
    description = {
      "Tasks, device time, memory and disk of a search, before anything runs.",
      "The parent's config.json is enough; its weights need not be there."
    })
final class PlanCommand extends ResultCommand {

  /** Greedy and uniform are evaluated once each, beside the random samples. */
  private static final int SINGLE_BASELINES = 2;

  @Parameters(paramLabel = "FILE", description = "The run file (YAML).")
  private Path file;

  @Option(
      names = "--hardware",
      description =
          "What the search itself runs on: local (timed briefly), h100 or h200 (${DEFAULT-VALUE}).")
  private String hardware = Target.LOCAL;

  @Option(
      names = "--devices",
      paramLabel = "N",
      description = "Devices at work (${DEFAULT-VALUE}).")
  private int devices = 1;

  @Override
  public Integer call() {
    within("--devices", devices, 1, 100_000);
    RunSpec run = RunFile.read(file, Path.of(""), PlanCommand::shape).spec();
    DecoderConfig model = HuggingFaceConfig.read(Path.of(run.parent()));
    boolean local = hardware.equals(Target.LOCAL);
    if (local) {
      Fit.here(run, model, Needs.likely(run), devices).require(run);
    }
    new Advice(run, model).all().forEach(said -> System.err.println("warning: " + said));
    PassTimes times =
        local
            ? new TimedPasses(
                model,
                run.space(),
                run.bld().batch(),
                run.corpus().sequenceTokens(),
                1,
                new TimingLines())
            : new ModelledPasses(
                HardwareProfiles.named(hardware), model, run.corpus().sequenceTokens());
    long usable =
        local ? HostMemory.here().bytes() : HardwareProfiles.hardware(hardware).usableBytes();
    SearchEstimate estimate = new SearchEstimate(run, model, times, baselines());
    Needs needs = new Needs(run, model, new HostMemory(usable, hardware), Needs.likely(run));
    output.show(report(estimate, needs), PlanCommand::print);
    return ExitCode.DONE;
  }

  /** The config alone: weights are needed to run, not to plan. */
  private static ParentShape shape(Path parent) {
    DecoderConfig config = HuggingFaceConfig.read(parent);
    return ParentShape.of(config);
  }

  private static int baselines() {
    return SINGLE_BASELINES + PuzzleSettings.from(ConfigFactory.load()).solver().randomBaselines();
  }

  private ObjectNode report(SearchEstimate estimate, Needs needs) {
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("run", estimate.spec().id().value());
    node.put("params", estimate.model().params());
    node.put("hardware", hardware);
    node.put("devices", devices);
    ArrayNode list = node.putArray("phases");
    long tasks = 0;
    double seconds = 0;
    double elapsed = 0;
    double memory = 0;
    // Processes of a cluster have a device each.
    int together = hardware.equals(Target.LOCAL) ? devices : 1;
    for (SearchEstimate.Phase phase : estimate.phases()) {
      double bytes = needs.memoryBytes(phase.phase(), together);
      ObjectNode one = list.addObject();
      one.put("phase", phase.phase().label());
      one.put("tasks", phase.tasks());
      one.put("device_hours", phase.deviceSeconds() / 3600);
      one.put("elapsed_hours", phase.elapsedSeconds(devices) / 3600);
      one.put("memory_bytes", Math.round(bytes));
      one.put("disk_bytes", Math.round(needs.of(phase.phase()).diskBytes()));
      tasks += phase.tasks();
      seconds += phase.deviceSeconds();
      elapsed += phase.elapsedSeconds(devices);
      memory = Math.max(memory, bytes);
    }
    node.put("tasks", tasks);
    node.put("device_hours", seconds / 3600);
    node.put("elapsed_hours", elapsed / 3600);
    node.put("memory_bytes", Math.round(memory));
    node.put("disk_bytes", Math.round(needs.diskBytes()));
    node.put("uncertainty", estimate.times().uncertainty());
    node.put("source", estimate.times().source());
    ArrayNode said = node.putArray("notes");
    estimate.notes().forEach(said::add);
    return node;
  }

  private static void print(PrintWriter out, ObjectNode report) {
    out.printf(
        Locale.ROOT,
        "%s: %,d parameters, on %d x %s%n%n%-10s %10s %14s %14s %12s %12s%n",
        report.get("run").asText(),
        report.get("params").asLong(),
        report.get("devices").asInt(),
        report.get("hardware").asText(),
        "phase",
        "tasks",
        "device-hours",
        "elapsed hours",
        "memory, GB",
        "disk, GB");
    report.get("phases").forEach(p -> line(out, p.get("phase").asText(), p));
    line(out, "all", report);
    out.printf(
        Locale.ROOT,
        "%nestimated: %s; a forward pass is within %.0f %% nine times in ten%n",
        report.get("source").asText(),
        100 * report.get("uncertainty").asDouble());
    report.get("notes").forEach(n -> out.println("note: " + n.asText()));
  }

  private static void line(PrintWriter out, String name, JsonNode p) {
    out.printf(
        Locale.ROOT,
        "%-10s %,10d %,14.4f %,14.4f %,12.3f %,12.3f%n",
        name,
        p.get("tasks").asLong(),
        p.get("device_hours").asDouble(),
        p.get("elapsed_hours").asDouble(),
        p.get("memory_bytes").asDouble() / 1e9,
        p.get("disk_bytes").asDouble() / 1e9);
  }

  /** Says on the error stream how far the timing is, once it takes long. */
  private static final class TimingLines implements Monitor {

    private static final long PAUSE = TimeUnit.SECONDS.toNanos(5);

    private long said = System.nanoTime();

    @Override
    public void progress(long done, long total, double loss) {
      if (System.nanoTime() - said > PAUSE) {
        said = System.nanoTime();
        System.err.printf("timing this machine: pass %d of %d%n", done, total);
      }
    }

    @Override
    public boolean cancelled() {
      return false;
    }
  }
}

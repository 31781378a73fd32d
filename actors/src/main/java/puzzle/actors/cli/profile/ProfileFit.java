package puzzle.actors.cli.profile;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.CliCommand;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.hopper.HopperConstants;
import puzzle.engine.profile.hopper.HopperFit;
import puzzle.engine.profile.hopper.KernelSamples;
import puzzle.engine.profile.hopper.KernelTableReader;
import puzzle.engine.profile.hopper.PublishedThroughput;
import puzzle.engine.profile.hopper.ServedFit;

/** Repeats the fit of the model's constants and prints its errors. */
@Command(
    name = "fit",
    description = "Fits the model's constants to kernel tables and published throughput.")
final class ProfileFit extends CliCommand {

  /** Families and kernels of the report. */
  private static final List<String> REPORTED =
      List.of("gemm/bfloat16", "gemm/fp8", "gemm/fp8_block", "decode/", "prefill/", "all-reduce/");

  @Mixin private Measured measured;

  @Option(names = "--source", description = "Source of the data, kept with the constants.")
  private String source;

  @Option(names = "--write", description = "Folder to write the constants to, as JSON.")
  private Path write;

  @Override
  public Integer call() throws IOException {
    PrintWriter out = out();
    for (Hardware machine : measured.machines()) {
      fitKernels(out, machine);
    }
    if (measured.throughput != null) {
      fitServed(out);
    }
    return ExitCode.DONE;
  }

  private void fitKernels(PrintWriter out, Hardware machine) throws IOException {
    KernelSamples samples = KernelTableReader.readFolder(measured.tables, machine.name());
    String from =
        (source == null ? measured.tables.toString() : source) + ", " + samples.size() + " rows";
    HopperConstants constants = HopperFit.fit(machine, samples, from, kernel -> {});
    out.printf("%-5s %-15s %7s %8s %9s %9s%n", "", "", "rows", "error", "held out", "coverage");
    for (String family : REPORTED) {
      HopperConstants.Summary s =
          family.endsWith("/") ? constants.summary(family) : constants.summaryOf(family);
      if (s.rows() > 0) {
        line(out, machine.name(), family, s);
      }
    }
    write("hopper-" + machine.name() + ".json", constants.toJson());
  }

  private static void line(
      PrintWriter out, String machine, String family, HopperConstants.Summary s) {
    out.printf(
        Locale.ROOT,
        "%-5s %-15s %7d %7.2f%% %8.2f%% %8.1f%%%n",
        machine,
        family,
        s.rows(),
        100 * s.error(),
        100 * s.heldOutError(),
        100 * s.coverage());
  }

  private void fitServed(PrintWriter out) throws IOException {
    List<PublishedThroughput> rows = PublishedThroughput.read(measured.throughput);
    String from = source == null ? measured.throughput.getFileName().toString() : source;
    ServedFit.Result fit = ServedFit.shippedKernels(rows).fit(rows, from);
    out.printf(
        Locale.ROOT,
        "end to end: %d rows, geometric-mean error %.2f%%, held out %.2f%%, held-out deployment %.2f%%, 90%% interval ±%.1f%% covers %.1f%% of held-out rows%n",
        fit.rows(),
        100 * fit.error(),
        100 * fit.heldOutError(),
        100 * fit.newDeploymentError(),
        100 * fit.uncertainty(),
        100 * fit.coverage());
    fit.errorByRow()
        .forEach((row, error) -> out.printf(Locale.ROOT, "  %-38s %+6.1f%%%n", row, 100 * error));
    write("hopper-served.json", fit.json());
  }

  private void write(String name, String json) throws IOException {
    if (write != null) {
      Files.createDirectories(write);
      Files.writeString(write.resolve(name), json);
    }
  }
}

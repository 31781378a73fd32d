package puzzle.actors.cli.profile;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import puzzle.actors.cli.console.CliCommand;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.hopper.HopperCheck;
import puzzle.engine.profile.hopper.KernelTableReader;
import puzzle.engine.profile.hopper.PublishedThroughput;

/** Holds the shipped model against measurements it may never have seen. */
@Command(
    name = "check",
    description = "Errors of the shipped model against tables; exit code 7 if one is too large.")
final class ProfileCheck extends CliCommand {

  @Mixin private Measured measured;

  @Override
  public Integer call() {
    List<HopperCheck.Result> results = new ArrayList<>();
    for (Hardware machine : measured.machines()) {
      results.addAll(
          HopperCheck.kernels(
              machine, KernelTableReader.readFolder(measured.tables, machine.name())));
    }
    if (measured.throughput != null) {
      results.add(HopperCheck.throughput(PublishedThroughput.read(measured.throughput)));
    }
    PrintWriter out = out();
    out.printf("%-5s %-15s %7s %8s %6s %12s%n", "", "", "rows", "error", "limit", "in interval");
    for (HopperCheck.Result r : results) {
      out.printf(
          Locale.ROOT,
          "%-5s %-15s %7d %7.2f%% %5.0f%% %11.1f%%  %s%n",
          r.hardware(),
          r.family(),
          r.rows(),
          100 * r.error(),
          100 * r.gate(),
          100 * r.coverage(),
          r.passes() ? "ok" : "TOO LARGE");
    }
    return results.stream().allMatch(HopperCheck.Result::passes)
        ? ExitCode.DONE
        : ExitCode.VERIFICATION_FAILED;
  }
}

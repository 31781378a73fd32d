package puzzle.actors.cli.profile;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.engine.profile.hopper.HopperCheck;
import puzzle.engine.profile.hopper.KernelTableReader;
import puzzle.engine.profile.hopper.PublishedThroughput;
import puzzle.model.InvalidInputException;

/** Holds the shipped model against measurements it may never have seen. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Errors of the shipped model against tables; exit code 7 if one is too large.")
final class ProfileCheck implements Callable<Integer> {

  @Option(
      names = "--hardware",
      split = ",",
      defaultValue = "h100,h200",
      description = "Machines whose tables are checked (${DEFAULT-VALUE}).")
  private List<String> hardware;

  @Option(names = "--tables", description = "Folder of kernel tables.")
  private Path tables;

  @Option(names = "--throughput", description = "CSV of published end-to-end throughput.")
  private Path throughput;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    if (tables == null && throughput == null) {
      throw new InvalidInputException(
          "nothing to check against.\nMaybe give --tables, --throughput or both.");
    }
    List<HopperCheck.Result> results = new ArrayList<>();
    if (tables != null) {
      for (String name : hardware) {
        Hardware machine = HardwareProfiles.hardware(name);
        results.addAll(
            HopperCheck.kernels(machine, KernelTableReader.readFolder(tables, machine.name())));
      }
    }
    if (throughput != null) {
      results.add(HopperCheck.throughput(PublishedThroughput.read(throughput)));
    }
    PrintWriter out = spec.commandLine().getOut();
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
    out.flush();
    return results.stream().allMatch(HopperCheck.Result::passes)
        ? ExitCode.DONE
        : ExitCode.VERIFICATION_FAILED;
  }
}

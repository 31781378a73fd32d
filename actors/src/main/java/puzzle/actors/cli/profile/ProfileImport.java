package puzzle.actors.cli.profile;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.CliCommand;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.engine.profile.hopper.KernelSamples;
import puzzle.engine.profile.hopper.KernelTableReader;
import puzzle.engine.profile.table.CostImport;
import puzzle.engine.profile.table.CostTable;
import puzzle.engine.profile.table.ImportedCosts;
import puzzle.engine.profile.table.PlainCostCsv;
import puzzle.model.InvalidInputException;

/** Takes costs that another tool measured into a cost table or a folder of kernel tables. */
@Command(
    name = "import",
    description = {
      "Reads costs of other tools: subblock_stats.json, block_library.json, plain CSV",
      "(layer,subblock,variant,workload,metric,value,unit,source), and kernel tables as CSV."
    })
final class ProfileImport extends CliCommand {

  @Parameters(arity = "1", paramLabel = "FILE", description = "What to import.")
  private Path file;

  @Option(
      names = "--into",
      description = "Cost table to add to, or the folder of kernel tables for a kernel table.")
  private Path into;

  @Option(names = "--kernels", description = "FILE is a kernel table of this hardware.")
  private String kernels;

  @Option(
      names = "--workload",
      description = "Workload, if the file names none: b32-p128-g32-wfp8-kvfp8-tp1.")
  private String workload;

  @Option(
      names = "--tp",
      description = "Tensor-parallel devices, if the file does not say (${DEFAULT-VALUE}).")
  private int tensorParallel = 1;

  @Option(names = "--dry-run", description = "Reads and reports, writes nothing.")
  private boolean dryRun;

  @Option(names = "--prefer-imported", description = "Imported numbers replace measured ones.")
  private boolean preferImported;

  @Override
  public Integer call() throws IOException {
    if (into == null && !dryRun) {
      throw new InvalidInputException("no --into.\nMaybe name a table, or try with --dry-run.");
    }
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          file + ": no such file.\nMaybe the path is relative to another folder.");
    }
    PrintWriter out = out();
    if (kernels == null) {
      importCosts(out);
    } else {
      importKernels(out);
    }
    return ExitCode.DONE;
  }

  private void importCosts(PrintWriter out) {
    ImportedCosts costs =
        CostImport.read(
            file, workload == null ? null : CostImport.workload(workload), tensorParallel);
    CostTable before =
        into != null && Files.exists(into)
            ? CostTable.of(PlainCostCsv.read(into))
            : CostTable.of(List.of());
    CostTable.Merge merge = before.merge(costs.rows(), preferImported);
    out.printf(
        "%s: %s, %d numbers: %d new, %d replaced, %d kept because they were measured%n",
        file, costs.format(), costs.rows().size(), merge.added(), merge.replaced(), merge.kept());
    costs.skipped().forEach(skipped -> out.println("skipped " + skipped));
    if (dryRun) {
      out.println("nothing written (--dry-run)");
      return;
    }
    byte[] csv = PlainCostCsv.write(merge.table().rows()).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(into, to -> to.write(csv));
    out.println("wrote " + into + ", " + merge.table().size() + " numbers");
  }

  private void importKernels(PrintWriter out) throws IOException {
    String hardware = HardwareProfiles.hardware(kernels).name();
    KernelSamples samples = KernelTableReader.read(file);
    out.printf("%s: kernel table, %d times of%n", file, samples.size());
    samples
        .kernels()
        .forEach(kernel -> out.printf("  %s: %d%n", kernel, samples.of(kernel).size()));
    if (dryRun) {
      out.println("nothing written (--dry-run)");
      return;
    }
    Files.createDirectories(into);
    String name = file.getFileName().toString();
    Path to = into.resolve(name.startsWith(hardware + "_") ? name : hardware + "_" + name);
    Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
    out.println("wrote " + to);
  }
}

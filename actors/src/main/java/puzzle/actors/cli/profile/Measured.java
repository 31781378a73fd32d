package puzzle.actors.cli.profile;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.model.InvalidInputException;

/** Measurements that the shipped model is fitted to or held against. */
final class Measured {

  @Option(
      names = "--hardware",
      split = ",",
      defaultValue = "h100,h200",
      description = "Machines whose tables are read (${DEFAULT-VALUE}).")
  private List<String> hardware;

  @Option(names = "--tables", description = "Folder of kernel tables.")
  Path tables;

  @Option(names = "--throughput", description = "CSV of published end-to-end throughput.")
  Path throughput;

  /** The machines whose tables are read; none without a folder of tables. */
  List<Hardware> machines() {
    if (tables == null && throughput == null) {
      throw new InvalidInputException(
          "there are no measurements.\nMaybe give --tables, --throughput or both.");
    }
    return tables == null ? List.of() : hardware.stream().map(HardwareProfiles::hardware).toList();
  }
}

package puzzle.actors.cli.profile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.Throughput;
import puzzle.engine.profile.ThroughputModel;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.engine.profile.hopper.HopperProfile;
import puzzle.engine.profile.hopper.KernelTableReader;
import puzzle.engine.profile.table.CostTable;
import puzzle.engine.profile.table.CostTableProfile;
import puzzle.engine.profile.table.PlainCostCsv;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Workload;

/** Hardware and workload, as every profile command asks for them. */
final class ServingOptions {

  private static final String AUTO = "auto";
  private static final int LARGEST = 1_000_000;
  private static final int[] DEGREES = {1, 2, 4, 8};

  @Option(names = "--hardware", required = true, description = "h100 or h200.")
  private String hardware;

  @Option(names = "--batch", description = "Sequences at once, or 'auto'.")
  private String batch = AUTO;

  @Mixin private Lengths lengths;

  @Option(names = "--dtype", required = true, description = "Weights: fp8 or bf16.")
  private String dtype;

  @Option(
      names = "--kv-dtype",
      description = "KV cache: fp8 or bf16. Default: same as the weights.")
  private String kvDtype;

  @Option(
      names = "--tp",
      description = "Tensor-parallel devices: 1, 2, 4, 8, or 'auto' (most tokens/s/GPU).")
  private String tensorParallel = "1";

  @Option(
      names = "--max-sequences",
      description =
          "Most sequences that the server runs at once, for --batch auto (${DEFAULT-VALUE}).")
  private int mostSequences = 2048;

  @Option(
      names = "--tables",
      description = "Folder of kernel tables, used in preference to the model.")
  private Path tables;

  @Option(
      names = "--costs",
      description = "CSV of subblock costs, used in preference to the model.")
  private Path costs;

  HardwareProfile profile() {
    Hardware named = HardwareProfiles.hardware(hardware);
    HardwareProfile profile =
        tables == null
            ? HardwareProfiles.named(hardware)
            : HopperProfile.withTable(
                named, KernelTableReader.readFolder(folder(tables), named.name()));
    return costs == null
        ? profile
        : new CostTableProfile(CostTable.of(PlainCostCsv.read(costs)), profile);
  }

  /** Throughput of a model at the batch and on the devices asked for, or at the best ones. */
  Throughput throughput(HardwareProfile profile, DecoderConfig model) {
    if (mostSequences < 1) {
      throw new InvalidInputException(
          "--max-sequences is " + mostSequences + ".\nMaybe leave it out.");
    }
    if (!tensorParallel.equalsIgnoreCase(AUTO)) {
      return throughput(profile, model, number("--tp", tensorParallel));
    }
    Throughput best = null;
    InvalidInputException reason = null;
    for (int devices : DEGREES) {
      try {
        Throughput here = throughput(profile, model, devices);
        boolean better =
            best == null || here.tokensPerSecondPerDevice() > best.tokensPerSecondPerDevice();
        best = here.fits() && better ? here : best;
      } catch (InvalidInputException e) {
        reason = e;
      }
    }
    if (best == null) {
      throw reason != null
          ? reason
          : new InvalidInputException(
              "the batch fits on no number of devices.\nMaybe use --batch auto.");
    }
    return best;
  }

  private Throughput throughput(HardwareProfile profile, DecoderConfig model, int devices) {
    boolean auto = batch.equalsIgnoreCase(AUTO);
    Workload workload = workload(auto ? 1 : number("--batch", batch), devices);
    return auto
        ? ThroughputModel.best(profile, model, workload, mostSequences)
        : ThroughputModel.at(profile, model, workload);
  }

  private Workload workload(int sequences, int devices) {
    DType weights = type("--dtype", dtype);
    DType cache = kvDtype == null ? weights : type("--kv-dtype", kvDtype);
    if (Math.max(sequences, Math.max(lengths.prefill, lengths.generate)) > LARGEST) {
      throw new InvalidInputException(
          "batch %d, prefill %d, generate %d: one is above %d.%nMaybe a digit too many."
              .formatted(sequences, lengths.prefill, lengths.generate, LARGEST));
    }
    try {
      return new Workload(sequences, lengths.prefill, lengths.generate, weights, cache, devices);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(e.getMessage() + "\nMaybe an option is zero.", e);
    }
  }

  private static int number(String option, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          option + " is '" + text + "'.\nMaybe a whole number, or 'auto'.", e);
    }
  }

  static DType type(String option, String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "fp8" -> DType.FP8;
      case "bf16", "bfloat16" -> DType.BF16;
      case "fp16", "float16" -> DType.FP16;
      default ->
          throw new InvalidInputException(option + " is '" + value + "'.\nMaybe fp8 or bf16.");
    };
  }

  private static Path folder(Path path) {
    if (!Files.isDirectory(path)) {
      throw new InvalidInputException(
          path + ": no such folder.\nMaybe the path is relative to another folder.");
    }
    return path;
  }
}

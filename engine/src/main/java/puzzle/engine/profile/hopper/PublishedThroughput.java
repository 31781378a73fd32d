package puzzle.engine.profile.hopper;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Hardware;
import puzzle.engine.tables.CsvFile;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * A published end-to-end row: output tokens per second over all devices, at saturation.
 *
 * @param workload batch 1; the real one is the largest that fits
 */
public record PublishedThroughput(
    String modelName,
    DecoderConfig model,
    Hardware hardware,
    Workload workload,
    double tokensPerSecond) {

  private static final List<String> COLUMNS =
      List.of("version,gpu,model,precision,tp,batch,isl,osl,tok_s,unit".split(","));
  private static final String UNIT = "total_out_tok_s";

  private static final Map<String, DecoderConfig> MODELS =
      Map.of(
          "llama-3.1-8b", llama(4096, 32, 14336, 32),
          "llama-3.1-70b", llama(8192, 64, 28672, 80),
          "llama-3.1-405b", llama(16384, 128, 53248, 126));

  /** A Llama 3.1: 8 KV heads of 128 channels, 128256 tokens, untied. */
  static DecoderConfig llama(int hidden, int heads, int intermediate, int layers) {
    Block block = new Block(Variant.attention(8), Variant.ffn(intermediate));
    return new DecoderConfig(
        "llama",
        128_256,
        hidden,
        heads,
        128,
        1e-5,
        500_000,
        new DecoderConfig.RopeScaling(8, 1, 4, 8192),
        131_072,
        false,
        false,
        false,
        Architecture.uniform(block, layers));
  }

  /**
   * Reads {@code version,gpu,model,precision,tp,batch,isl,osl,tok_s,unit}.
   *
   * @throws InvalidInputException with the line, for an unknown model, precision or unit too
   */
  public static List<PublishedThroughput> read(Path file) {
    List<PublishedThroughput> rows = new ArrayList<>();
    CsvFile.forEach(file, COLUMNS, COLUMNS, row -> rows.add(row(row)));
    return rows;
  }

  private static PublishedThroughput row(CsvFile.Row row) {
    DecoderConfig model = MODELS.get(row.get("model"));
    if (model == null) {
      throw row.bad("model", "is not known", "one of " + new TreeSet<>(MODELS.keySet()));
    }
    if (!row.get("unit").equals(UNIT)) {
      throw row.bad("unit", "is not " + UNIT, "the row counts per device");
    }
    DType type =
        switch (row.get("precision").toLowerCase(Locale.ROOT)) {
          case "fp8" -> DType.FP8;
          case "bf16", "bfloat16", "fp16" -> DType.BF16;
          default -> throw row.bad("precision", "is not known", "fp8 or bf16");
        };
    double rate = row.number("tok_s");
    if (!(rate > 0 && rate < 1e9)) {
      throw row.bad("tok_s", "is not a rate", "a number is missing");
    }
    try {
      Workload workload =
          new Workload(
              1,
              Integer.parseInt(row.get("isl")),
              Integer.parseInt(row.get("osl")),
              type,
              type,
              Integer.parseInt(row.get("tp")));
      return new PublishedThroughput(
          row.get("model"), model, HardwareProfiles.hardware(row.get("gpu")), workload, rate);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "%s: %s.%nMaybe a number is missing.".formatted(row.place(), e.getMessage()), e);
    }
  }
}

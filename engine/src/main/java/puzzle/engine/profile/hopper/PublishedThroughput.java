package puzzle.engine.profile.hopper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Hardware;
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

  private static final String HEADER = "version,gpu,model,precision,tp,batch,isl,osl,tok_s,unit";
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
        block,
        Architecture.uniform(block, layers));
  }

  /**
   * Reads {@code version,gpu,model,precision,tp,batch,isl,osl,tok_s,unit}.
   *
   * @throws InvalidInputException with the line, for an unknown model, precision or unit too
   */
  public static List<PublishedThroughput> read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": " + e.getMessage() + "\nMaybe the path is wrong.", e);
    }
    String name = file.getFileName().toString();
    if (lines.isEmpty() || !lines.get(0).strip().equals(HEADER)) {
      throw new InvalidInputException(
          "%s:1: the header is not '%s'.%nMaybe it is another kind of table."
              .formatted(name, HEADER));
    }
    List<PublishedThroughput> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        rows.add(row(lines.get(i).strip().split(",", -1), name + ":" + (i + 1)));
      }
    }
    return rows;
  }

  private static PublishedThroughput row(String[] values, String place) {
    if (values.length != HEADER.split(",").length) {
      throw new InvalidInputException(
          "%s: %d values: %s.%nMaybe a line is cut off."
              .formatted(place, values.length, Arrays.toString(values)));
    }
    DecoderConfig model = MODELS.get(values[2]);
    if (model == null) {
      throw new InvalidInputException(
          "%s: model '%s' is not known.%nMaybe one of %s."
              .formatted(place, values[2], MODELS.keySet().stream().sorted().toList()));
    }
    if (!values[9].equals(UNIT)) {
      throw new InvalidInputException(
          "%s: unit '%s' is not %s.%nMaybe the row counts per device."
              .formatted(place, values[9], UNIT));
    }
    DType type =
        switch (values[3].toLowerCase(Locale.ROOT)) {
          case "fp8" -> DType.FP8;
          case "bf16", "bfloat16", "fp16" -> DType.BF16;
          default ->
              throw new InvalidInputException(
                  "%s: precision '%s'.%nMaybe fp8 or bf16.".formatted(place, values[3]));
        };
    try {
      Workload workload =
          new Workload(
              1,
              Integer.parseInt(values[6]),
              Integer.parseInt(values[7]),
              type,
              type,
              Integer.parseInt(values[4]));
      double rate = Double.parseDouble(values[8]);
      if (!(rate > 0 && rate < 1e9)) {
        throw new NumberFormatException("rate " + rate);
      }
      return new PublishedThroughput(
          values[2], model, HardwareProfiles.hardware(values[1]), workload, rate);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "%s: %s.%nMaybe a number is missing.".formatted(place, e.getMessage()), e);
    }
  }
}

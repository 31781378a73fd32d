package puzzle.actors.cli.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.Throughput;
import puzzle.model.BlockCost;
import puzzle.model.InvalidInputException;
import puzzle.model.SearchSpace;
import puzzle.model.Subblock;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** Costs of every variant of a model and what a server delivers with it. */
@Command(
    name = "show",
    description = "Costs per variant and throughput of a model; config.json is enough.")
final class ProfileShow extends ResultCommand {

  @Option(names = "--model", required = true, description = "Folder or config.json.")
  private Path model;

  @Mixin private ServingOptions serving;

  @Option(
      names = "--kv-heads",
      split = ",",
      description =
          "Attention variants: KV heads, 'linear', 'no-op' (default: the standard space).")
  private List<String> kvHeads;

  @Option(
      names = "--ffn",
      split = ",",
      description = "FFN variants: widths, 'linear', 'no-op' (default: the standard space).")
  private List<String> widths;

  @Override
  public Integer call() {
    DecoderConfig config = HuggingFaceConfig.read(model);
    HardwareProfile profile = serving.profile();
    Throughput throughput = serving.throughput(profile, config);
    ObjectNode report = report(model.toString(), profile, throughput);
    ArrayNode variants = report.putArray("variants");
    for (Variant variant : variants(config)) {
      Estimate cost = profile.cost(config, variant, throughput.workload());
      describe(variants.addObject(), variant, cost, throughput.workload());
    }
    output.show(report, ProfileShow::print);
    return ExitCode.DONE;
  }

  /** Fields of one model on one kind of hardware, without its variants. */
  static ObjectNode report(String name, HardwareProfile profile, Throughput throughput) {
    Workload w = throughput.workload();
    BlockCost cost = throughput.total().cost();
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("model", name);
    node.put("hardware", profile.name());
    ObjectNode workload = node.putObject("workload");
    workload.put("batch", w.batch());
    workload.put("prefill", w.prefillTokens());
    workload.put("generate", w.generationTokens());
    workload.put("dtype", w.weights().name().toLowerCase(Locale.ROOT));
    workload.put("kv_dtype", w.kvCache().name().toLowerCase(Locale.ROOT));
    workload.put("tp", w.tensorParallel());
    node.put("tokens_per_second_per_gpu", throughput.tokensPerSecondPerDevice());
    node.put("tokens_per_second", throughput.tokensPerSecond());
    node.put("prefill_ms", 1e3 * cost.prefillSeconds());
    node.put("decode_ms_per_step", 1e3 * cost.decodeSeconds());
    node.put("max_batch", throughput.maxBatch());
    node.put("fits", throughput.fits());
    node.put("weight_bytes", cost.weightBytes());
    node.put("kv_bytes_per_token", Math.round(throughput.kvBytesPerToken()));
    node.put("params", cost.params());
    node.put("uncertainty", throughput.uncertainty());
    provenance(node, throughput.total());
    return node;
  }

  private static void provenance(ObjectNode node, Estimate estimate) {
    node.put("kind", estimate.kind().name().toLowerCase(Locale.ROOT));
    node.put("source", estimate.source());
    node.put("extrapolated", estimate.extrapolated());
    ArrayNode notes = node.putArray("notes");
    estimate.notes().forEach(notes::add);
  }

  static void describe(ObjectNode node, Variant variant, Estimate estimate, Workload w) {
    BlockCost cost = estimate.cost();
    node.put("variant", variant.name());
    node.put("subblock", variant.subblock().name().toLowerCase(Locale.ROOT));
    variant.sizes().forEach((size, value) -> node.put(size.name().toLowerCase(Locale.ROOT), value));
    node.put("runtime_ms", 1e3 * cost.runtimeSeconds(w));
    node.put("prefill_ms", 1e3 * cost.prefillSeconds());
    node.put("decode_ms_per_step", 1e3 * cost.decodeSeconds());
    node.put("param_bytes", cost.weightBytes());
    node.put("kv_bytes", cost.kvBytes());
    node.put("uncertainty", estimate.uncertainty());
    provenance(node, estimate);
  }

  /** The multiple that the export format asks of widths, if the parent keeps to it. */
  static int multiple(int width) {
    return width % 256 == 0 ? 256 : 1;
  }

  private List<Variant> variants(DecoderConfig config) {
    int width = config.intermediateSize();
    SearchSpace standard = SearchSpace.standard(config.kvHeads(), width, multiple(width));
    List<Variant> variants =
        new ArrayList<>(
            kvHeads == null
                ? standard.attention()
                : asked(kvHeads, Subblock.ATTENTION, "--kv-heads"));
    variants.addAll(widths == null ? standard.ffn() : asked(widths, Subblock.FFN, "--ffn"));
    return variants;
  }

  private static List<Variant> asked(List<String> values, Subblock subblock, String option) {
    return values.stream()
        .map(value -> value.strip().toLowerCase(Locale.ROOT))
        .map(
            text ->
                text.matches("[1-9]\\d{0,7}")
                    ? sized(text, subblock)
                    : named(text, subblock, option))
        .toList();
  }

  private static Variant sized(String text, Subblock subblock) {
    int size = Integer.parseInt(text);
    return subblock == Subblock.ATTENTION ? Variant.attention(size) : Variant.ffn(size);
  }

  /** A variant by its name, or by what follows its subblock: {@code linear}, {@code no-op}. */
  private static Variant named(String text, Subblock subblock, String option) {
    String replaced = subblock.name() + "-" + (text.equals("0") ? "no-op" : text);
    for (String name : List.of(text, replaced)) {
      try {
        Variant variant = Variant.parse(name);
        if (variant.subblock() == subblock) {
          return variant;
        }
      } catch (IllegalArgumentException e) {
        // Said below.
      }
    }
    throw new InvalidInputException(
        "%s: '%s' is not a size.%nMaybe a whole number, 'linear', 'no-op', or a variant's name."
            .formatted(option, text));
  }

  private static void print(PrintWriter out, ObjectNode report) {
    printModel(out, report);
    printVariants(out, report);
  }

  /** A line for each of a report's variants. */
  static void printVariants(PrintWriter out, ObjectNode report) {
    out.printf(
        "%n%-22s %12s %12s %14s %12s %12s %6s  %s%n",
        "variant", "runtime ms", "prefill ms", "decode ms/step", "param MB", "KV MB", "±", "from");
    for (JsonNode v : report.get("variants")) {
      out.printf(
          Locale.ROOT,
          "%-22s %12.3f %12.3f %14.5f %12.2f %12.2f %5.0f%%  %s%s%n",
          v.get("variant").asText(),
          v.get("runtime_ms").asDouble(),
          v.get("prefill_ms").asDouble(),
          v.get("decode_ms_per_step").asDouble(),
          v.get("param_bytes").asLong() / 1e6,
          v.get("kv_bytes").asLong() / 1e6,
          100 * v.get("uncertainty").asDouble(),
          v.get("kind").asText(),
          v.get("extrapolated").asBoolean() ? ", extrapolated" : "");
    }
  }

  /** Totals of one model as text. */
  static void printModel(PrintWriter out, ObjectNode report) {
    out.printf(
        Locale.ROOT,
        "%s on %d x %s%n  batch %d of at most %d%s, %d + %d tokens, %s weights, %s KV cache%n",
        report.get("model").asText(),
        report.get("workload").get("tp").asInt(),
        report.get("hardware").asText(),
        report.get("workload").get("batch").asInt(),
        report.get("max_batch").asInt(),
        report.get("fits").asBoolean() ? "" : " (DOES NOT FIT)",
        report.get("workload").get("prefill").asInt(),
        report.get("workload").get("generate").asInt(),
        report.get("workload").get("dtype").asText(),
        report.get("workload").get("kv_dtype").asText());
    out.printf(
        Locale.ROOT,
        "  %.1f tokens/s/GPU (±%.0f%%), prefill %.1f ms, decode %.3f ms/step, weights %.2f GB, KV %.0f B/token, from %s%n",
        report.get("tokens_per_second_per_gpu").asDouble(),
        100 * report.get("uncertainty").asDouble(),
        report.get("prefill_ms").asDouble(),
        report.get("decode_ms_per_step").asDouble(),
        report.get("weight_bytes").asLong() / 1e9,
        report.get("kv_bytes_per_token").asDouble(),
        report.get("source").asText());
    report.get("notes").forEach(note -> out.println("  note: " + note.asText()));
  }
}

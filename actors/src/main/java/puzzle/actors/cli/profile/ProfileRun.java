package puzzle.actors.cli.profile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.SumAgainstWhole;
import puzzle.model.BlockCost;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.TaskResult;
import puzzle.model.TaskResult.VariantCost;
import puzzle.model.Workload;

/** Times every variant of the standard space on this machine, and whether the times add up. */
@Command(
    name = "run",
    description = {
      "Times every variant on this machine, and compares their sum with the whole model.",
      "config.json is enough: times do not depend on the values of weights."
    })
final class ProfileRun extends ResultCommand {

  @Option(names = "--model", required = true, description = "Folder or config.json.")
  private Path model;

  @Option(names = "--batch", required = true, description = "Sequences at once.")
  private int batch;

  @Mixin private Lengths lengths;

  @Option(
      names = "--dtype",
      description = "Type of weights and KV cache, for counting bytes (${DEFAULT-VALUE}).")
  private String dtype = "bf16";

  @Option(
      names = "--rounds",
      description = "Rounds, each a profile and a whole model (${DEFAULT-VALUE}).")
  private int rounds = 5;

  @Option(
      names = "--repetitions",
      description = "Timed repetitions in each round; the median counts (${DEFAULT-VALUE}).")
  private int repetitions = 3;

  @Option(
      names = "--threads",
      description = "Threads of one operation (${DEFAULT-VALUE}, as in a run).")
  private int threads = 1;

  @Override
  public Integer call() {
    for (int value :
        new int[] {batch, lengths.prefill, lengths.generate, rounds, repetitions, threads}) {
      if (value < 1 || value > 1_000_000) {
        throw new InvalidInputException(
            "%d is out of range for a batch, a length or a count.%nMaybe a whole number from 1 to 1000000."
                .formatted(value));
      }
    }
    DecoderConfig config = HuggingFaceConfig.read(model);
    Workload workload =
        new Workload(
            batch,
            lengths.prefill,
            lengths.generate,
            ServingOptions.type("--dtype", dtype),
            ServingOptions.type("--dtype", dtype),
            1);
    SearchSpace space =
        SearchSpace.standard(
            config.kvHeads(),
            config.intermediateSize(),
            ProfileShow.multiple(config.intermediateSize()));
    SumAgainstWhole.Agreement agreement =
        new SumAgainstWhole(config, workload, new RunSpec.Profiling(1, repetitions))
            .measure(space, rounds, threads, Monitor.NONE);
    output.show(report(config, workload, agreement), ProfileRun::print);
    return ExitCode.DONE;
  }

  private ObjectNode report(DecoderConfig config, Workload w, SumAgainstWhole.Agreement agreement) {
    SumAgainstWhole.Round round = agreement.typical();
    ObjectNode node = new ObjectMapper().createObjectNode();
    node.put("model", model.toString());
    node.put("hardware", "local");
    ObjectNode workload = node.putObject("workload");
    workload.put("batch", w.batch());
    workload.put("prefill", w.prefillTokens());
    workload.put("generate", w.generationTokens());
    workload.put("dtype", dtype.toLowerCase(Locale.ROOT));
    workload.put("tp", 1);
    times(node, round.whole(), w);
    node.put("weight_bytes", round.whole().weightBytes());
    node.put("kv_bytes_per_token", round.whole().kvBytes() / batch / w.sequenceTokens());
    node.put("params", config.params());
    node.put(
        "uncertainty",
        round.profile().variants().stream()
            .mapToDouble(VariantCost::relativeSpread)
            .max()
            .orElse(0));
    node.put("kind", "measured");
    node.put("source", round.profile().source());
    times(node.putObject("sum_of_blocks"), round.sum(), w);
    ObjectNode ratio = node.putObject("sum_over_whole");
    ratio.put("prefill", agreement.prefillRatio());
    ratio.put("decode", agreement.decodeRatio());
    ArrayNode each = ratio.putArray("rounds");
    for (SumAgainstWhole.Round r : agreement.rounds()) {
      each.addObject().put("prefill", r.prefillRatio()).put("decode", r.decodeRatio());
    }
    ArrayNode variants = node.putArray("variants");
    for (VariantCost v : round.profile().variants()) {
      ProfileShow.describe(
          variants.addObject(),
          v.variant(),
          new Estimate(
              v.cost(), v.relativeSpread(), Estimate.Kind.MEASURED, TaskResult.MEASURED, List.of()),
          w);
    }
    return node;
  }

  private static void times(ObjectNode node, BlockCost cost, Workload w) {
    node.put("tokens_per_second_per_gpu", w.generatedTokens() / cost.runtimeSeconds(w));
    node.put("prefill_ms", 1e3 * cost.prefillSeconds());
    node.put("decode_ms_per_step", 1e3 * cost.decodeSeconds());
  }

  private static void print(PrintWriter out, ObjectNode report) {
    out.printf(
        Locale.ROOT,
        "%s, %s%n%n%-22s %14s %14s%n",
        report.get("model").asText(),
        report.get("source").asText(),
        "",
        "prefill ms",
        "decode ms/step");
    line(out, "whole model", report.get("prefill_ms"), report.get("decode_ms_per_step"));
    line(
        out,
        "sum of blocks",
        report.at("/sum_of_blocks/prefill_ms"),
        report.at("/sum_of_blocks/decode_ms_per_step"));
    out.printf(
        Locale.ROOT,
        "%-22s %14.3f %14.3f   median of %d rounds%n",
        "sum / whole",
        report.at("/sum_over_whole/prefill").asDouble(),
        report.at("/sum_over_whole/decode").asDouble(),
        report.at("/sum_over_whole/rounds").size());
    ProfileShow.printVariants(out, report);
  }

  private static void line(PrintWriter out, String name, JsonNode prefill, JsonNode decode) {
    out.printf(Locale.ROOT, "%-22s %14.3f %14.4f%n", name, prefill.asDouble(), decode.asDouble());
  }
}

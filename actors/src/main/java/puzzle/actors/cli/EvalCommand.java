package puzzle.actors.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.nn.Residency;
import puzzle.engine.score.FolderEvaluation;
import puzzle.model.Precision;

/** Measures the model of any Hugging Face folder on a text. */
@Command(
    name = "eval",
    description = {
      "Measures a model's folder on a text: loss and accuracy, with --parent also the divergence.",
      "Llama, Mistral, Qwen2, Qwen3 and children of any of them (nemotron-nas, anymodel)."
    })
final class EvalCommand extends ResultCommand {

  @Parameters(paramLabel = "FOLDER", description = "The model's folder.")
  Path folder;

  @Option(
      names = "--text",
      required = true,
      paramLabel = "FILE",
      description =
          "Plain text (one document), .jsonl, .json, .parquet, .arrow or .lines.txt (a document"
              + " each), compressed or not, or a folder.")
  Path text;

  @Option(names = "--parent", paramLabel = "FOLDER", description = "The model to compare with.")
  Path parent;

  @Option(
      names = "--length",
      paramLabel = "N",
      description =
          "Tokens of a window; longer documents are cut. Default: positions, at most 1024.")
  Integer length;

  @Option(
      names = "--windows",
      paramLabel = "N",
      description = "Stop after N windows. Default: the whole text.")
  Long windows;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Windows at once. Default: ${DEFAULT-VALUE}.")
  int batch = 8;

  @Option(
      names = "--weights",
      paramLabel = "HOW",
      description =
          "whole: in memory at once; layers: one layer at a time; auto: by size."
              + " Results are the same. Default: auto.")
  Residency weights = Residency.AUTO;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description =
          "What products compute in: fp32; bf16; auto: bf16 where the weights are and the machine is"
              + " faster in it. Default: auto.")
  Precision precision = Precision.AUTO;

  @Override
  public Integer call() {
    if (length != null && length < 1 || windows != null && windows < 1 || batch < 1) {
      throw usage("--length, --windows and --batch are at least 1.");
    }
    FolderEvaluation.Options options =
        new FolderEvaluation.Options(
            length == null ? 0 : length,
            batch,
            windows == null ? Long.MAX_VALUE : windows,
            weights,
            precision);
    try (FolderEvaluation evaluation = new FolderEvaluation(folder, parent, options)) {
      print(evaluation.run(text));
    }
    return ExitCode.DONE;
  }

  private void print(FolderEvaluation.Result result) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("tokens", result.tokens());
    values.put("documents", result.documents());
    if (result.tooShort() > 0) {
      values.put("documents_too_short", result.tooShort());
    }
    values.put("loss_nats_per_token", result.loss());
    values.put("top1_accuracy", result.top1());
    if (result.kl() != null) {
      values.put("kl_nats_per_token", result.kl());
      values.put("top1_agreement", result.agreement());
    }
    output.show(
        values,
        (out, all) ->
            all.forEach(
                (name, value) -> {
                  String format = value instanceof Long ? "%-20s %,d%n" : "%-20s %.6f%n";
                  out.printf(Locale.ROOT, format, name, value);
                }));
  }
}

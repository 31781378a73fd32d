package puzzle.engine.huggingface;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.Block;

/**
 * The README of an exported child: front matter that model hubs read, the figures, the layers.
 *
 * @param name of the child
 * @param baseModel the parent, as a hub or a reader would name it
 * @param rows of the table that sets the child beside its parent
 * @param notes paragraphs below the table, how the figures were made among them
 */
public record ModelCard(String name, String baseModel, List<Row> rows, List<String> notes) {

  /** One measured figure of parent and child, with its unit in the text. */
  public record Row(String measure, String parent, String child) {}

  public ModelCard {
    rows = List.copyOf(rows);
    notes = List.copyOf(notes);
  }

  String markdown(DecoderConfig config, ChildExporter.Format format) {
    List<String> lines = new ArrayList<>();
    lines.add("---");
    lines.add("library_name: transformers");
    lines.add("base_model: " + yaml(baseModel));
    lines.add("base_model_relation: finetune");
    lines.add("pipeline_tag: text-generation");
    lines.add("tags:");
    lines.add("- puzzle");
    lines.add("- distillation");
    lines.add("- neural-architecture-search");
    lines.add("- " + format.tag());
    lines.add("---");
    lines.add("");
    lines.add("# " + cell(name));
    lines.add("");
    lines.add(
        "Made from `"
            + baseModel.replace('`', '\'')
            + "` by Puzzle (arXiv 2411.19146) with"
            + " Puzzle4J: every layer has the attention and the FFN that cost the least quality"
            + " within the limits given, distilled from the parent.");
    if (!rows.isEmpty()) {
      lines.add("");
      lines.add("| | parent | child |");
      lines.add("|---|---:|---:|");
      for (Row row : rows) {
        lines.add(
            "| "
                + cell(row.measure())
                + " | "
                + cell(row.parent())
                + " | "
                + cell(row.child())
                + " |");
      }
    }
    for (String note : notes) {
      lines.add("");
      lines.add(note);
    }
    lines.add("");
    lines.add("## Layers");
    lines.add("");
    lines.add("| layer | attention | FFN |");
    lines.add("|---:|---|---|");
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      lines.add("| " + layer + " | " + block.attention() + " | " + block.ffn() + " |");
    }
    lines.add("");
    lines.add("## Use");
    lines.add("");
    if (format == ChildExporter.Format.NEMOTRON_NAS) {
      lines.add("```python");
      lines.add("from transformers import AutoModelForCausalLM");
      lines.add("");
      lines.add("model = AutoModelForCausalLM.from_pretrained(\".\", trust_remote_code=True)");
      lines.add("```");
      lines.add("");
    }
    lines.add(
        "`sha256sum -c SHA256SUMS` checks the files; `puzzle.json` says where they come from.");
    return String.join("\n", lines) + "\n";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s", " ");
  }

  private static String yaml(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\s", " ") + '"';
  }
}

package puzzle.engine.huggingface;

import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.Block;

/**
 * The README of an exported child: front matter that model hubs read, the figures, the layers.
 *
 * @param name of the child
 * @param baseModel the parent, as a hub or a reader would name it
 * @param notes paragraphs on the child
 */
public record ModelCard(String name, String baseModel, List<String> notes) {

  public ModelCard {
    notes = List.copyOf(notes);
  }

  String markdown(DecoderConfig config, ChildExporter.Format format) {
    StringBuilder card = new StringBuilder();
    card.append(
        """
        ---
        library_name: transformers
        base_model: %s
        base_model_relation: finetune
        pipeline_tag: text-generation
        tags:
        - puzzle
        - distillation
        - neural-architecture-search
        - %s
        ---

        # %s

        Made from `%s` by Puzzle (arXiv 2411.19146) with Puzzle4J: every layer has the attention \
        and the FFN that cost the least quality within the limits given, distilled from the parent.
        """
            .formatted(yaml(baseModel), format.tag(), cell(name), baseModel.replace('`', '\'')));
    notes.forEach(note -> card.append('\n').append(note).append('\n'));
    card.append("\n## Layers\n\n| layer | attention | FFN |\n|---:|---|---|\n");
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      card.append("| %d | %s | %s |\n".formatted(layer, block.attention(), block.ffn()));
    }
    card.append("\n## Use\n\n");
    if (format == ChildExporter.Format.NEMOTRON_NAS) {
      card.append(
          """
          ```python
          from transformers import AutoModelForCausalLM

          model = AutoModelForCausalLM.from_pretrained(".", trust_remote_code=True)
          ```

          """);
    }
    return card.append("`sha256sum -c SHA256SUMS` checks the files;")
        .append(" `puzzle.json` says where they come from.\n")
        .toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s", " ");
  }

  private static String yaml(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\s", " ") + '"';
  }
}

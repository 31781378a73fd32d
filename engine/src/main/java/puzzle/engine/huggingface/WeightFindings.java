package puzzle.engine.huggingface;

import static puzzle.model.InvalidInputException.shown;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * What does not agree between a folder's weights and its config, and what to do about it.
 *
 * @param maybe the end of a sentence that begins so
 */
record WeightFindings(String what, String maybe) {

  private static final int PART = 1 << 24;
  private static final int MOST_SHOWN = 300;

  private static final String OTHER_MODEL =
      "config.json and the weights are of different models, or a shard is missing";
  private static final String INDEX =
      "add it to /weight_map of " + SafetensorsFolder.INDEX + ", or fetch index and shards again";

  static List<WeightFindings> of(DecoderConfig config, SafetensorsFolder weights) {
    List<WeightFindings> findings = new ArrayList<>();
    Set<String> needed = TensorLayout.of(config).keySet();
    for (String name : needed) {
      String shard = weights.names().contains(name) ? null : weights.elsewhere(name);
      if (shard != null) {
        findings.add(
            new WeightFindings(
                "tensor %s is in shard %s, but not in the index".formatted(name, shown(shard)),
                INDEX));
      }
    }
    for (Map.Entry<String, String> extra : weights.unindexed().entrySet()) {
      if (!needed.contains(extra.getKey()) && !TensorLayout.tolerated(config, extra.getKey())) {
        findings.add(
            new WeightFindings(
                "tensor %s in shard %s is neither in the index nor one of this architecture"
                    .formatted(shown(extra.getKey()), shown(extra.getValue())),
                INDEX));
      }
    }
    findings.addAll(head(config, weights));
    String maybe = sizes(config, weights);
    for (String what : TensorLayout.findings(config, weights)) {
      findings.add(new WeightFindings(what, maybe));
    }
    return findings;
  }

  /** Programs differ in whether they compute with a head that the config says is the embedding. */
  private static List<WeightFindings> head(DecoderConfig config, SafetensorsFolder weights) {
    String head = TensorLayout.HEAD;
    String embedding = TensorLayout.EMBEDDING;
    if (config.tiedEmbeddings()
        && weights.names().containsAll(Set.of(head, embedding))
        && !equal(weights, head, embedding)) {
      return List.of(
          new WeightFindings(
              "tensor %s is not %s, but config.json says that they are one: /tie_word_embeddings: true"
                  .formatted(head, embedding),
              "write \"tie_word_embeddings\": false, if the model has a head of its own"));
    }
    if (!config.tiedEmbeddings() && !weights.names().contains(head)) {
      return List.of(
          new WeightFindings(
              "tensor %s is missing, and config.json does not say that it is the embedding"
                  .formatted(head),
              "write \"tie_word_embeddings\": true, if it is; else fetch the weights again"));
    }
    return List.of();
  }

  private static boolean equal(SafetensorsFolder weights, String one, String other) {
    if (!Arrays.equals(weights.shape(one), weights.shape(other))) {
      return false;
    }
    SafetensorsFile left = weights.shard(one);
    SafetensorsFile right = weights.shard(other);
    long elements = left.elements(one);
    boolean bytes = left.type(one) == right.type(other);
    for (long first = 0; first < elements; first += PART) {
      int count = (int) Math.min(PART, elements - first);
      boolean same =
          bytes
              ? left.bytes(one, first, count).equals(right.bytes(other, first, count))
              : same(left.fp32(one, first, count), right.fp32(other, first, count));
      if (!same) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(FloatBuffer one, FloatBuffer other) {
    return one.mismatch(other) < 0;
  }

  /** The fields that a config lacks whose layers differ, if that is all there is to it. */
  private static String sizes(DecoderConfig config, SafetensorsFolder weights) {
    List<Block> blocks = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = TensorLayout.prefix(layer);
      long keys = rows(weights, prefix + "self_attn.k_proj.weight");
      long width = rows(weights, prefix + "mlp.gate_proj.weight");
      long kvHeads = keys / config.headSize();
      if (keys % config.headSize() != 0 || kvHeads > 0 && config.heads() % kvHeads != 0) {
        return OTHER_MODEL;
      }
      blocks.add(
          new Block(
              kvHeads == 0
                  ? Variant.noOp(Subblock.ATTENTION)
                  : Variant.attention(Math.toIntExact(kvHeads)),
              width == 0 ? Variant.noOp(Subblock.FFN) : Variant.ffn(Math.toIntExact(width))));
    }
    DecoderConfig actual = config.with(new Architecture(blocks));
    if (!TensorLayout.findings(actual, weights).isEmpty()) {
      return OTHER_MODEL;
    }
    ObjectNode perLayer = BlockConfigs.writeSparse(actual, config.parentBlock());
    String fields = perLayer.toString();
    return "the layers differ, which config.json does not say: add \"per_layer_config\": "
        + (fields.length() <= MOST_SHOWN
            ? fields
            : fields.substring(0, MOST_SHOWN) + "... for " + perLayer.size() + " layers");
  }

  /** 0 if there is no such matrix. */
  private static long rows(SafetensorsFolder weights, String name) {
    return weights.names().contains(name) ? weights.shape(name)[0] : 0;
  }
}

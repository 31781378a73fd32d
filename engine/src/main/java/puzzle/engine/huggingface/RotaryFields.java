package puzzle.engine.huggingface;

import java.util.List;
import java.util.Set;
import puzzle.engine.decoder.DecoderConfig.RopeScaling;
import puzzle.engine.json.JsonValue;

/**
 * Rotary positions as {@code config.json} spells them: {@code rope_theta} beside {@code
 * rope_scaling}, or since {@code transformers} 5 all of it in {@code rope_parameters}, there also
 * by layer type. Every field is read or refused.
 *
 * @param scaling null if positions are not rescaled
 */
record RotaryFields(double theta, RopeScaling scaling) {

  private static final String MAYBE = HuggingFaceConfig.SUPPORTED;
  private static final double DEFAULT_THETA = 10_000;
  private static final Set<String> LAYER_TYPES = Set.of("full_attention", "sliding_attention");
  private static final Set<String> PLAIN =
      Set.of("rope_type", "type", "rope_theta", "partial_rotary_factor");
  private static final Set<String> LLAMA3 =
      Set.of("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings");

  /**
   * @param fields of the whole config
   * @param layerTypes that occur in it
   * @param positions it gives, of which rescaling begins if nothing else is said
   */
  static RotaryFields read(JsonValue fields, Set<String> layerTypes, int positions) {
    double beside = fields.number("rope_theta", 1e-3, 1e12, DEFAULT_THETA);
    RotaryFields found = null;
    for (String name : List.of("rope_parameters", "rope_scaling")) {
      if (!fields.has(name)) {
        continue;
      }
      RotaryFields one = object(fields, name, layerTypes, positions, beside);
      if (found != null && !found.equals(one)) {
        throw fields.bad(name, "is not what rope_parameters says", "leave one of them");
      }
      found = one;
    }
    if (found == null) {
      return new RotaryFields(beside, null);
    }
    if (fields.has("rope_theta") && found.theta != beside) {
      throw fields.bad(
          "rope_theta", "is not the %s below".formatted(found.theta), "leave one of them");
    }
    return found;
  }

  private static RotaryFields object(
      JsonValue fields, String name, Set<String> layerTypes, int positions, double beside) {
    JsonValue rope = fields.object(name);
    if (rope.names().stream().noneMatch(field -> rope.at(field).isObject())) {
      return flat(rope, positions, beside);
    }
    RotaryFields all = null;
    for (String type : rope.names()) {
      if (!LAYER_TYPES.contains(type)) {
        throw rope.bad(type, "is no layer type, as the fields beside it are", MAYBE);
      }
      RotaryFields one = flat(rope.object(type), positions, beside);
      if (all != null && !all.equals(one)) {
        throw rope.bad(type, "differs from the other layers': one for all is supported", MAYBE);
      }
      all = one;
    }
    for (String type : layerTypes) {
      if (!rope.has(type)) {
        throw rope.bad(type, "must be given: there are such layers", MAYBE);
      }
    }
    return all;
  }

  private static RotaryFields flat(JsonValue rope, int positions, double beside) {
    String kind = rope.has("rope_type") ? "rope_type" : "type";
    String scheme = rope.has(kind) ? rope.text(kind) : "default";
    if (rope.has("type") && !rope.text("type").equals(scheme)) {
      throw rope.bad("type", "is not its rope_type " + scheme, "leave one of them");
    }
    boolean scaled = scheme.equals("llama3");
    if (!scaled && !scheme.equals("default")) {
      throw rope.bad(kind, "is not a supported rope scaling: default and llama3 are", MAYBE);
    }
    for (String name : rope.names()) {
      boolean known = PLAIN.contains(name) || scaled && LLAMA3.contains(name);
      if (rope.has(name) && !known) {
        throw rope.bad(
            name,
            rope.has(kind)
                ? "is not known beside rope_type " + scheme
                : "says how to rescale positions, but no rope_type is given",
            rope.has(kind) ? MAYBE : "add \"rope_type\": \"llama3\", if that is what is meant");
      }
    }
    if (rope.number("partial_rotary_factor", 0, 1, 1) != 1) {
      throw rope.bad("partial_rotary_factor", "is not 1, the only one supported", MAYBE);
    }
    double theta = rope.number("rope_theta", 1e-3, 1e12, beside);
    return new RotaryFields(theta, scaled ? llama3(rope, positions) : null);
  }

  private static RopeScaling llama3(JsonValue rope, int positions) {
    double low = rope.number("low_freq_factor", 1e-3, 1e6);
    double high = rope.number("high_freq_factor", 1e-3, 1e6);
    if (high <= low) {
      throw rope.bad("high_freq_factor", "is not above low_freq_factor " + low);
    }
    return new RopeScaling(
        rope.number("factor", 1, 1e6),
        low,
        high,
        rope.integer("original_max_position_embeddings", 1, 1 << 30, positions));
  }
}

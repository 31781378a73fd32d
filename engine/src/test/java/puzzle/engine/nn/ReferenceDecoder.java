package puzzle.engine.nn;

import java.nio.FloatBuffer;
import java.util.Arrays;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.model.Block;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * The decoder once more, in plain Java arrays and double precision, written from the formulas and
 * for one sequence: what the tensor implementation is checked against.
 */
public final class ReferenceDecoder {

  private final DecoderConfig config;
  private final WeightSource weights;

  public ReferenceDecoder(DecoderConfig config, WeightSource weights) {
    this.config = config;
    this.weights = weights;
  }

  /** Logits [tokens][vocabulary] of one sequence. */
  public double[][] logits(int[] tokens) {
    double[][] embedding = matrix("model.embed_tokens.weight");
    double[][] x = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      x[t] = embedding[tokens[t]].clone();
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      Block block = config.architecture().block(layer);
      add(x, subblock(layer, block.attention(), "input_layernorm", x));
      add(x, subblock(layer, block.ffn(), "post_attention_layernorm", x));
    }
    double[][] head =
        matrix(config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight");
    return linear(normed(x, vector("model.norm.weight")), head, null);
  }

  private double[][] subblock(int layer, Variant variant, String norm, double[][] x) {
    String prefix = TensorLayout.prefix(layer);
    if (variant.isNoOp()) {
      return new double[x.length][config.hiddenSize()];
    }
    double[][] n = normed(x, vector(prefix + norm + ".weight"));
    return switch (variant.kind()) {
      case GROUPED_ATTENTION ->
          attention(prefix + "self_attn.", variant.size(Variant.Size.KV_HEADS), n);
      case GATED_FFN -> ffn(prefix + "mlp.", n);
      case LOW_RANK_FFN -> lowRank(prefix + "mlp.", n);
      case LINEAR -> {
        boolean ffn = variant.subblock() == Subblock.FFN;
        String name = ffn ? "mlp.linear_mlp.weight" : "self_attn.linear_attn.weight";
        yield linear(n, matrix(prefix + name), null);
      }
      case NO_OP -> throw new AssertionError("above");
    };
  }

  private double[][] ffn(String prefix, double[][] n) {
    double[][] gate = linear(n, matrix(prefix + "gate_proj.weight"), null);
    double[][] up = linear(n, matrix(prefix + "up_proj.weight"), null);
    for (int t = 0; t < n.length; t++) {
      for (int i = 0; i < up[t].length; i++) {
        up[t][i] *= gate[t][i] / (1 + Math.exp(-gate[t][i]));
      }
    }
    return linear(up, matrix(prefix + "down_proj.weight"), null);
  }

  private double[][] lowRank(String prefix, double[][] n) {
    double[][] gate = product(prefix + "gate_proj", n);
    double[][] up = product(prefix + "up_proj", n);
    for (int t = 0; t < n.length; t++) {
      for (int i = 0; i < up[t].length; i++) {
        up[t][i] *= gate[t][i] / (1 + Math.exp(-gate[t][i]));
      }
    }
    return product(prefix + "down_proj", up);
  }

  private double[][] product(String name, double[][] x) {
    return linear(linear(x, matrix(name + ".b.weight"), null), matrix(name + ".a.weight"), null);
  }

  private double[][] attention(String prefix, int kvHeads, double[][] n) {
    int d = config.headSize();
    double[][] q = projection(prefix, "q", n);
    double[][] k = projection(prefix, "k", n);
    double[][] v = projection(prefix, "v", n);
    rotate(q, config.heads(), prefix + "q_norm.weight");
    rotate(k, kvHeads, prefix + "k_norm.weight");
    double[][] mixed = new double[n.length][config.heads() * d];
    for (int head = 0; head < config.heads(); head++) {
      int kv = head / (config.heads() / kvHeads);
      for (int t = 0; t < n.length; t++) {
        double[] share = new double[t + 1];
        double sum = 0;
        for (int s = 0; s <= t; s++) {
          double dot = 0;
          for (int i = 0; i < d; i++) {
            dot += q[t][head * d + i] * k[s][kv * d + i];
          }
          share[s] = Math.exp(dot / Math.sqrt(d));
          sum += share[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int i = 0; i < d; i++) {
            mixed[t][head * d + i] += share[s] / sum * v[s][kv * d + i];
          }
        }
      }
    }
    return linear(mixed, matrix(prefix + "o_proj.weight"), null);
  }

  private double[][] projection(String prefix, String which, double[][] n) {
    double[] bias = config.qkvBias() ? vector(prefix + which + "_proj.bias") : null;
    return linear(n, matrix(prefix + which + "_proj.weight"), bias);
  }

  /** Per-head norm where the model has one, then the rotary turn of each pair (i, i + d/2). */
  private void rotate(double[][] x, int heads, String norm) {
    int d = config.headSize();
    double[] frequencies = frequencies();
    for (int t = 0; t < x.length; t++) {
      for (int head = 0; head < heads; head++) {
        double[] h = Arrays.copyOfRange(x[t], head * d, (head + 1) * d);
        if (config.qkNorm()) {
          h = normed(new double[][] {h}, vector(norm))[0];
        }
        for (int i = 0; i < d / 2; i++) {
          double cos = Math.cos(t * frequencies[i]);
          double sin = Math.sin(t * frequencies[i]);
          x[t][head * d + i] = h[i] * cos - h[i + d / 2] * sin;
          x[t][head * d + i + d / 2] = h[i + d / 2] * cos + h[i] * sin;
        }
      }
    }
  }

  /** Llama 3.1's published rule, written as three cases over the wavelength. */
  private double[] frequencies() {
    double[] frequencies = new double[config.headSize() / 2];
    DecoderConfig.RopeScaling s = config.ropeScaling();
    for (int i = 0; i < frequencies.length; i++) {
      double f = 1 / Math.pow(config.ropeTheta(), 2.0 * i / config.headSize());
      if (s != null) {
        double turns = s.originalPositions() * f / (2 * Math.PI);
        double keep =
            (turns - s.lowFrequencyFactor()) / (s.highFrequencyFactor() - s.lowFrequencyFactor());
        keep = Math.max(0, Math.min(1, keep));
        f = keep * f + (1 - keep) * f / s.factor();
      }
      frequencies[i] = f;
    }
    return frequencies;
  }

  private double[][] normed(double[][] x, double[] weight) {
    double[][] y = new double[x.length][weight.length];
    for (int t = 0; t < x.length; t++) {
      double squares = 0;
      for (double value : x[t]) {
        squares += value * value;
      }
      double scale = 1 / Math.sqrt(squares / weight.length + config.rmsNormEps());
      for (int i = 0; i < weight.length; i++) {
        y[t][i] = x[t][i] * scale * weight[i];
      }
    }
    return y;
  }

  private static double[][] linear(double[][] x, double[][] w, double[] bias) {
    double[][] y = new double[x.length][w.length];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < w.length; o++) {
        double sum = bias == null ? 0 : bias[o];
        for (int i = 0; i < w[o].length; i++) {
          sum += w[o][i] * x[t][i];
        }
        y[t][o] = sum;
      }
    }
    return y;
  }

  private static void add(double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += y[t][i];
      }
    }
  }

  private double[] vector(String name) {
    FloatBuffer values = weights.fp32(name);
    double[] vector = new double[values.remaining()];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = values.get(i);
    }
    return vector;
  }

  private double[][] matrix(String name) {
    double[] all = vector(name);
    int columns = (int) weights.shape(name)[1];
    double[][] matrix = new double[all.length / columns][columns];
    for (int i = 0; i < all.length; i++) {
      matrix[i / columns][i % columns] = all[i];
    }
    return matrix;
  }
}

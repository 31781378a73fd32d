package puzzle.engine.solve;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Seeded instances in the shape of a Llama-70B library: 6 attention variants and 9 FFN variants a
 * layer, as 54 pairs or as separate groups; costs by formula and the same in every layer; limits
 * between the least that is possible and the parent's need.
 *
 * <ul>
 *   <li>realistic: sensitivities of layers differ log-normally, the pair scores 0.76 of the sum
 *       with noise
 *   <li>correlated: the score is nearly proportional to the runtime saved
 *   <li>noisy: scores are random, sorted loosely by size
 *   <li>symmetric: all layers score alike up to 0.1 %
 *   <li>near-tied: all layers alike and the score proportional to the runtime saved, up to 0.1 %:
 *       every architecture that fills the budget is nearly as good as every other
 * </ul>
 */
record InstanceFamily(
    Scores scores, int layers, boolean coupled, int rows, double tightness, long seed) {

  enum Scores {
    REALISTIC,
    CORRELATED,
    NOISY,
    SYMMETRIC,
    NEAR_TIED
  }

  /** A table with its limits. */
  record Instance(String name, SolverTable table, List<Row> limits) {}

  static final List<String> STATS =
      List.of("memory_mib", "runtime_ms", "prefill_ms", "params_m", "kv_heads", "decode64_ms");

  private static final double[] KV = {8, 4, 2, 1, 0, 0};
  private static final double[] WIDTH = {1, 0.87, 0.75, 0.5, 0.25, 0.2, 0.1, 0, 0};

  String name() {
    return String.format(
        Locale.ROOT,
        "%s-%s%d-K%d-t%.2f-s%d",
        scores.name().toLowerCase(Locale.ROOT).replace('_', '-'),
        coupled ? "" : "dec",
        layers,
        rows,
        tightness,
        seed);
  }

  Instance generate() {
    Random random = new Random(seed * 1_000_003 + scores.ordinal() * 97 + layers);
    double[][] attention = new double[6][];
    double[][] ffn = new double[9][];
    for (int a = 0; a < 6; a++) {
      boolean none = a == 5;
      boolean linear = a == 4;
      double params = none ? 0 : linear ? 67.1 : 134.2 + 2 * 8.4 * KV[a] / 8 * 1.0;
      double kvMib = KV[a] * 32.0 * (1 + 0.001 * random.nextDouble());
      double wobble = 1 + 0.05 * random.nextDouble();
      attention[a] =
          new double[] {
            params * 1.907 + kvMib,
            none ? 0 : (linear ? 2.1 : 5.4 + 0.93 * KV[a]) * wobble,
            none ? 0 : (linear ? 3.0 : 7.7 + 0.21 * KV[a]) * wobble,
            params,
            KV[a],
            none ? 0 : (linear ? 1.3 : 2.2 + 0.41 * KV[a]) * wobble
          };
    }
    for (int f = 0; f < 9; f++) {
      boolean none = f == 8;
      boolean linear = f == 7;
      double params = none ? 0 : linear ? 67.1 : 704.6 * WIDTH[f];
      double wobble = 1 + 0.05 * random.nextDouble();
      ffn[f] =
          new double[] {
            params * 1.907,
            none ? 0 : (0.4 + params * 0.0262) * wobble,
            none ? 0 : (0.6 + params * 0.0521) * wobble,
            params,
            0,
            none ? 0 : (0.9 + params * 0.0143) * wobble
          };
    }
    double[][] attentionScore = new double[layers][6];
    double[][] ffnScore = new double[layers][9];
    double[] attentionBase = {0, 0.0035, 0.007, 0.013, 0.03, 0.045};
    double[] ffnBase = {0, 0.004, 0.008, 0.019, 0.038, 0.043, 0.055, 0.066, 0.078};
    for (int g = 0; g < layers; g++) {
      double sa = Math.exp(0.8 * random.nextGaussian());
      double sf = Math.exp(0.6 * random.nextGaussian());
      for (int a = 1; a < 6; a++) {
        attentionScore[g][a] =
            switch (scores) {
              case REALISTIC -> sa * attentionBase[a] * Math.exp(0.25 * random.nextGaussian());
              case CORRELATED ->
                  (attention[0][1] - attention[a][1]) * 1e-3 * (1 + 0.02 * random.nextGaussian());
              case NOISY -> 0.05 * random.nextDouble() * (0.3 + a / 6.0);
              case SYMMETRIC -> attentionBase[a] * (1 + 1e-3 * random.nextGaussian());
              case NEAR_TIED ->
                  (attention[0][1] - attention[a][1]) * 1e-3 * (1 + 1e-3 * random.nextGaussian());
            };
      }
      for (int f = 1; f < 9; f++) {
        ffnScore[g][f] =
            switch (scores) {
              case REALISTIC -> sf * ffnBase[f] * Math.exp(0.2 * random.nextGaussian());
              case CORRELATED ->
                  (ffn[0][1] - ffn[f][1]) * 1e-3 * (1 + 0.02 * random.nextGaussian());
              case NOISY -> 0.08 * random.nextDouble() * (0.3 + f / 9.0);
              case SYMMETRIC -> ffnBase[f] * (1 + 1e-3 * random.nextGaussian());
              case NEAR_TIED -> (ffn[0][1] - ffn[f][1]) * 1e-3 * (1 + 1e-3 * random.nextGaussian());
            };
      }
    }
    int[] used =
        switch (rows) {
          case 1 -> new int[] {1};
          case 2 -> new int[] {0, 1};
          case 4 -> new int[] {0, 1, 2, 5};
          default -> new int[] {0, 1, 2, 3, 4, 5};
        };
    List<String> stats = new ArrayList<>();
    for (int k : used) {
      stats.add(STATS.get(k));
    }
    SolverTable.Builder table = SolverTable.builder(stats);
    double[] parent = new double[used.length];
    if (coupled) {
      double[][] costs = new double[54][used.length];
      List<String> names = new ArrayList<>();
      for (int j = 0; j < 54; j++) {
        names.add("a" + j / 9 + "+f" + j % 9);
        for (int k = 0; k < used.length; k++) {
          costs[j][k] = attention[j / 9][used[k]] + ffn[j % 9][used[k]];
        }
      }
      for (int g = 0; g < layers; g++) {
        double[] score = new double[54];
        for (int j = 1; j < 54; j++) {
          double sum = attentionScore[g][j / 9] + ffnScore[g][j % 9];
          boolean both = j / 9 > 0 && j % 9 > 0;
          boolean alike = scores == Scores.NEAR_TIED || scores == Scores.SYMMETRIC;
          double together = scores == Scores.NEAR_TIED ? 1 : 0.76;
          double spread = alike ? 1e-3 : 0.15;
          score[j] = both ? sum * together * Math.exp(spread * random.nextGaussian()) : sum;
        }
        table.layer(names, score, costs);
        for (int k = 0; k < used.length; k++) {
          parent[k] += costs[0][k];
        }
      }
    } else {
      double[][] a = pick(attention, used);
      double[][] f = pick(ffn, used);
      List<String> attentionNames = List.of("a0", "a1", "a2", "a3", "a4", "a5");
      List<String> ffnNames = List.of("f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8");
      for (int g = 0; g < layers; g++) {
        table.layer(attentionNames, attentionScore[g], a);
        table.layer(ffnNames, ffnScore[g], f);
        for (int k = 0; k < used.length; k++) {
          parent[k] += a[0][k] + f[0][k];
        }
      }
    }
    List<Row> limits = new ArrayList<>();
    for (int k = 0; k < used.length; k++) {
      double jitter = 1 + 0.06 * (random.nextDouble() - 0.5);
      limits.add(Row.atMost(stats.get(k), parent[k] * tightness * jitter));
    }
    return new Instance(name(), table.build(), limits);
  }

  private static double[][] pick(double[][] all, int[] used) {
    double[][] picked = new double[all.length][used.length];
    for (int j = 0; j < all.length; j++) {
      for (int k = 0; k < used.length; k++) {
        picked[j][k] = all[j][used[k]];
      }
    }
    return picked;
  }
}

package puzzle.engine.solve;

import java.util.*;

class EarlyFinishProbe {
  public static void main(String[] args) {
    for (int seed = 1; seed <= 3; seed++)
      for (String mode : new String[] {"hard", "1.0", "1.5", "2.0"}) {
        var x =
            new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, 2, 0.55, seed).generate();
        SolverTable full = x.table();
        double best =
            new ChocoArchitectureSolver(full, x.limits())
                .solve(SolveBudget.unlimited())
                .objective();
        double[][] proxy = new double[80][54];
        boolean[][] composed = new boolean[80][54];
        int total = 0;
        double minRatio = 9;
        for (int g = 0; g < 80; g++)
          for (int j = 0; j < 54; j++) {
            proxy[g][j] = full.score(g, j / 9 * 9) + full.score(g, j % 9);
            composed[g][j] = j / 9 > 0 && j % 9 > 0;
            if (composed[g][j]) {
              total++;
              minRatio = Math.min(minRatio, full.score(g, j) / proxy[g][j]);
            }
          }
        SolverTable start =
            full.withScores((g, j) -> composed[g][j] ? Double.NaN : full.score(g, j));
        ScoringOrder order =
            new ScoringOrder(
                start,
                x.limits(),
                mode.equals("hard")
                    ? ScoringOrder.fraction(proxy, 0.4)
                    : ScoringOrder.learned(full, proxy, Double.parseDouble(mode)));
        int done = 0;
        long t0 = System.nanoTime();
        StringBuilder curve = new StringBuilder();
        double next = 0.0;
        while (true) {
          var c = order.certificate(SolveBudget.unlimited());
          if (done >= next * total) {
            curve.append(
                String.format(
                    " %.0f%%:%.2f%%/%.2f%%",
                    100.0 * done / total,
                    100 * (c.incumbent().objective() / best - 1),
                    100 * c.gap()));
            next += 0.1;
          }
          var req = order.next(80, SolveBudget.unlimited());
          if (req.isEmpty()) break;
          for (var r : req) order.scored(r.layer(), r.item(), full.score(r.layer(), r.item()));
          done += req.size();
          order.learn();
        }
        var c = order.certificate(SolveBudget.unlimited());
        System.out.printf(
            "seed %d %s minratio %.2f: end at %.1f%% loss %.3f%% gap %.2f%% (%.1f s)%s%n",
            seed,
            mode,
            minRatio,
            100.0 * done / total,
            100 * (c.incumbent().objective() / best - 1),
            100 * c.gap(),
            (System.nanoTime() - t0) * 1e-9,
            curve);
      }
  }
}

package puzzle.engine.solve;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.*;
import puzzle.engine.solve.files.TableFiles;

class Probe {
  public static void main(String[] args) {
    double limit = Double.parseDouble(args[0]);
    if (args[1].equals("shared")) {
      for (int rep = 0; rep < 2; rep++)
        for (File f : new TreeSet<>(Arrays.asList(new File(args[2]).listFiles()))) {
          var i = TableFiles.instance(Path.of(f.getPath()));
          Solution s =
              new ChocoArchitectureSolver(i.table(), i.rows())
                  .solve(SolveBudget.of(Duration.ofMillis((long) (limit * 1000))));
          System.out.printf(
              "%-36s %.12f err %.1e gap %.1e proven %b nodes %d %.1f ms%n",
              i.name(),
              s.objective(),
              s.objective() - i.optimum(),
              s.gap(),
              s.proven(),
              s.nodes(),
              s.seconds() * 1e3);
        }
      return;
    }
    int[] layers = Arrays.stream(args[2].split(",")).mapToInt(Integer::parseInt).toArray();
    int[] rows = Arrays.stream(args[3].split(",")).mapToInt(Integer::parseInt).toArray();
    double[] tight = Arrays.stream(args[4].split(",")).mapToDouble(Double::parseDouble).toArray();
    int seeds = Integer.parseInt(args[5]);
    double logs = 0, worst = 0, worstGap = 0;
    int num = 0, unproven = 0;
    // warm up
    for (int i = 0; i < 10; i++) {
      var x =
          new InstanceFamily(InstanceFamily.Scores.REALISTIC, 32, true, 2, 0.55, 100 + i)
              .generate();
      new ChocoArchitectureSolver(x.table(), x.limits())
          .solve(SolveBudget.of(Duration.ofMillis(300)));
    }
    for (String fam : args[1].split(","))
      for (int l : layers)
        for (int k : rows)
          for (double t : tight)
            for (int seed = 1; seed <= seeds; seed++) {
              var x =
                  new InstanceFamily(
                          InstanceFamily.Scores.valueOf(fam), l, !(args.length > 6), k, t, seed)
                      .generate();
              double[] at100 = {9, 0};
              var mx = java.lang.management.ManagementFactory.getThreadMXBean();
              long t0 = mx.getCurrentThreadCpuTime();
              Solution s =
                  new ChocoArchitectureSolver(x.table(), x.limits())
                      .solve(
                          SolveBudget.of(Duration.ofMillis((long) (limit * 1000))),
                          z -> {
                            if (mx.getCurrentThreadCpuTime() - t0 < 100e6) at100[0] = z.gap();
                          });
              double cpu = (mx.getCurrentThreadCpuTime() - t0) * 1e-9;
              logs += Math.log(cpu);
              worst = Math.max(worst, cpu);
              worstGap = Math.max(worstGap, at100[0]);
              num++;
              if (!s.proven()) unproven++;
              if (System.getProperty("rivals") != null)
                for (String r : System.getProperty("rivals").split(",")) {
                  var a =
                      Rivals.solve(
                          r,
                          x.table(),
                          x.limits(),
                          Double.parseDouble(System.getProperty("rl", "10")),
                          1e-9);
                  System.out.printf(
                      "      %-8s %b obj %.9f (%+.1e) bound %.9f %.0f ms%n",
                      r,
                      a.proven(),
                      a.objective(),
                      a.objective() - s.objective(),
                      a.bound(),
                      a.seconds() * 1e3);
                }
              if (System.getProperty("quiet") == null || !s.proven() || at100[0] > 1e-4)
                System.out.printf(
                    "%-32s %-10s %.9f gap %.1e @100ms %.1e nodes %d %.1f ms%n",
                    x.name(),
                    s.status(),
                    s.objective(),
                    s.gap(),
                    at100[0],
                    s.nodes(),
                    s.seconds() * 1e3);
            }
    System.out.printf(
        "geomean %.1f ms, worst %.0f ms, unproven %d of %d, worst gap@100ms %.1e%n",
        1e3 * Math.exp(logs / num), worst * 1e3, unproven, num, worstGap);
  }
}

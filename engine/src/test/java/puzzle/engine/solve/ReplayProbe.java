package puzzle.engine.solve;

class ReplayProbe {
  public static void main(String[] args) {
    for (int rep = 0; rep < 2; rep++)
      for (int k : new int[] {1, 2, 4, 6}) {
        var x =
            new InstanceFamily(InstanceFamily.Scores.REALISTIC, 80, true, k, 0.55, 5).generate();
        int[] bad = {0, 0};
        boolean check = args.length > 0 && rep == 1;
        var r =
            Replay.run(
                x.table(),
                x.limits(),
                3,
                4000,
                SolveBudget.unlimited(),
                (i, s) -> {
                  if (check && i % 20 == 0) {
                    Solution fresh =
                        new ChocoArchitectureSolver(s.table(), s.rows())
                            .solve(SolveBudget.unlimited());
                    bad[1]++;
                    if (Math.abs(fresh.objective() - s.current().objective()) > 1e-9
                        && fresh.objective() != s.current().objective()) {
                      bad[0]++;
                      System.out.println(
                          i
                              + " "
                              + fresh.objective()
                              + " "
                              + s.current().objective()
                              + " "
                              + s.current().status());
                    }
                  }
                },
                java.lang.management.ManagementFactory.getThreadMXBean()::getCurrentThreadCpuTime);
        System.out.printf(
            "K%d skipped %d searched %d mean %.3f p50 %.4f p99 %.2f max %.1f ms, mismatches %d of %d%n",
            k,
            r.skipped(),
            r.searched(),
            r.meanMillis(),
            r.p50Millis(),
            r.p99Millis(),
            r.maxMillis(),
            bad[0],
            bad[1]);
      }
  }
}

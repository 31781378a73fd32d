package puzzle.engine.solve;

import java.util.List;
import java.util.Locale;

/**
 * Limits of the programs that will serve the child, by the names of the halves ({@code
 * attention+ffn}).
 *
 * <ul>
 *   <li>vLLM: no linear attention; the first subblock that is not a no-op must be an attention.
 *   <li>llama.cpp: no attention in a layer whose FFN is a no-op, since it drops it.
 *   <li>MLX: nothing that the choice could break.
 * </ul>
 *
 * Two of the rules forbid items. The third spans layers and is solved by cases: either the first
 * layer has attention, or it is empty and the second has, and so on; a case is searched only below
 * the best so far, and most end at their relaxation.
 */
public final class Servability {

  /** Who will serve the child. */
  public enum Server {
    ANY,
    VLLM,
    LLAMA_CPP,
    MLX
  }

  private Servability() {}

  /** The best architecture that the server can run. */
  public static Solution solve(
      SolverTable table, List<Row> rows, Server server, SolveBudget budget) {
    SolverTable allowed =
        table.withScores((g, j) -> runs(table.item(g, j), server) ? table.score(g, j) : Double.NaN);
    Solution free = new IncrementalSolver(allowed, rows).solve(budget);
    if (server != Server.VLLM || !free.found() || startsWithAttention(allowed, free)) {
      return free;
    }
    Clock clock = new Clock(budget);
    SolveBudget rest =
        new SolveBudget(budget.deadline(), clock::expired, budget.gap(), budget.threads());
    Solution best = null;
    double bound = Double.POSITIVE_INFINITY;
    boolean proven = true;
    for (int first = 0; first < table.layers(); first++) {
      int attentionAt = first;
      SolverTable oneCase =
          allowed.withScores(
              (g, j) -> {
                String name = allowed.item(g, j);
                boolean fits =
                    g > attentionAt || (g < attentionAt ? isEmpty(name) : !isNone(attention(name)));
                return fits ? allowed.score(g, j) : Double.NaN;
              });
      IncrementalSolver solver = new IncrementalSolver(oneCase, rows);
      if (best != null && best.found()) {
        solver.setCutoff(best.objective());
      }
      Solution solution = solver.solve(rest);
      bound = Math.min(bound, solution.bound());
      proven &= solution.proven();
      boolean better =
          best == null || (solution.found() && solution.objective() < best.objective());
      best = better ? solution : best;
    }
    return best.found() ? best.withBound(Math.min(bound, best.objective()), proven) : best;
  }

  private static boolean runs(String name, Server server) {
    return switch (server) {
      case ANY, MLX -> true;
      case VLLM -> !attention(name).contains("linear");
      case LLAMA_CPP -> isNone(attention(name)) || !isNone(ffn(name));
    };
  }

  private static boolean startsWithAttention(SolverTable table, Solution solution) {
    for (int g = 0; g < table.layers(); g++) {
      String name = table.item(g, solution.choices().get(g));
      if (!isEmpty(name)) {
        return !isNone(attention(name));
      }
    }
    return true;
  }

  private static String attention(String name) {
    int plus = name.indexOf('+');
    return plus < 0 ? name : name.substring(0, plus);
  }

  private static String ffn(String name) {
    return name.substring(name.indexOf('+') + 1);
  }

  private static boolean isEmpty(String name) {
    return isNone(attention(name)) && isNone(ffn(name));
  }

  private static boolean isNone(String half) {
    String text = half.toLowerCase(Locale.ROOT).replace('_', '-');
    return text.contains("no-op");
  }
}

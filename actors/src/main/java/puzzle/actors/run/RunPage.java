package puzzle.actors.run;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Incumbent;
import puzzle.model.LayerLibrary;
import puzzle.model.Score;
import puzzle.model.ScoredBlock;
import puzzle.persistence.RunState;

/**
 * The run's report as one HTML file that needs nothing else: no script, no network; pictures are
 * inline.
 */
final class RunPage {

  private static final String STYLE =
      """
      body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;\
      color:#1a1a1a;background:#fff}
      table{border-collapse:collapse;margin:1rem 0}
      th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid #ddd}
      th:first-child,td:first-child{text-align:left}
      .wide{overflow-x:auto}.wide td{font-size:.8rem}
      .chosen{outline:2px solid #06c;font-weight:600}
      svg{display:block;width:100%;max-width:46rem;font-size:12px;margin:1rem 0}
      svg text{fill:#666}.grid{stroke:#ddd}.line{fill:none;stroke:#4f46e5;stroke-width:2}
      .dot,.attention{fill:#4f46e5}.ffn{fill:#0f9488}.taken{fill:none;stroke:#c0262d;stroke-width:3}
      @media (prefers-color-scheme:dark){body{color:#ddd;background:#161616}\
      th,td{border-color:#444}svg text{fill:#aaa}.grid{stroke:#333}.line{stroke:#8f8cf5}\
      .dot,.attention{fill:#8f8cf5}}
      """;

  private RunPage() {}

  /**
   * @param front the best architectures at several speeds; empty where there is no table yet
   */
  static String html(RunState state, Summary s, List<Incumbent> front) {
    StringBuilder h = new StringBuilder();
    h.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\">")
        .append("<title>Puzzle: ")
        .append(text(s.run()))
        .append("</title><style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>")
        .append(text(s.run()))
        .append("</h1>\n<p>")
        .append(
            text(
                s.outcome() == null
                    ? "in progress"
                    : s.outcome().kind() + ": " + s.outcome().detail()))
        .append("</p>\n");
    models(h, s);
    picture(h, "Quality against speed; the choice is ringed", ReportPlots.front(state, front));
    picture(h, "Time of each layer: attention below, FFN above", ReportPlots.strip(state));
    picture(h, "Global distillation", ReportPlots.gkd(s.gkd()));
    candidates(h, s);
    baselines(h, s);
    if (s.infeasible() != null) {
      infeasible(h, s);
    }
    if (s.solution() != null) {
      solution(h, state, s);
    }
    if (!s.quarantined().isEmpty()) {
      h.append("<h2>Given up</h2>\n<ul>");
      s.quarantined()
          .forEach(
              q ->
                  h.append("<li>")
                      .append(text(q.key() + ": " + q.failure().message()))
                      .append("</li>"));
      h.append("</ul>\n");
    }
    return h.append("</body></html>\n").toString();
  }

  private static void picture(StringBuilder h, String title, String svg) {
    if (!svg.isEmpty()) {
      h.append("<h2>").append(title).append("</h2>\n").append(svg);
    }
  }

  private static void models(StringBuilder h, Summary s) {
    h.append("<h2>Parent and child</h2>\n<table><tr><th></th><th>loss, nats/token</th>")
        .append("<th>KL, nats/token</th><th>parameters</th><th>weights, MB</th><th>KV, MB</th>")
        .append("<th>prefill, tokens/s</th><th>decode, tokens/s</th>")
        .append("<th>workload, tokens/s</th><th>sum of blocks, tokens/s</th></tr>\n");
    model(h, "parent", s.parent());
    model(h, "child before GKD", s.childBeforeGkd());
    model(h, "child", s.child());
    h.append("</table>\n");
    if (!s.gkd().isEmpty()) {
      h.append("<p>Held-out KL during global distillation, nats/token: ");
      s.gkd()
          .forEach(
              at ->
                  h.append(
                      "%s%d steps %.4f"
                          .formatted(at.steps() > 0 ? ", " : "", at.steps(), at.klNatsPerToken())));
      h.append(".</p>\n");
    }
    if (s.speedSource() != null) {
      h.append("<p>").append(text("Speeds: " + s.speedSource() + ".")).append("</p>\n");
    }
  }

  private static void model(StringBuilder h, String name, Summary.Model m) {
    if (m == null) {
      return;
    }
    h.append("<tr><td>").append(name).append("</td>");
    cell(h, m.lossNatsPerToken(), "%.4f");
    cell(h, m.klNatsPerToken(), "%.4f");
    cell(h, m.params(), "%,d");
    cell(h, m.weightBytes() / 1e6, "%.2f");
    cell(h, m.kvBytes() / 1e6, "%.2f");
    cell(h, m.prefillTokensPerSecond(), "%,.0f");
    cell(h, m.decodeTokensPerSecond(), "%,.0f");
    cell(h, m.workloadTokensPerSecond(), "%,.0f");
    cell(h, m.summedWorkloadTokensPerSecond(), "%,.0f");
    h.append("</tr>\n");
  }

  private static void candidates(StringBuilder h, Summary s) {
    if (s.candidates().isEmpty()) {
      return;
    }
    h.append("<h2>The solver's best architectures, assembled and measured</h2>\n<table>")
        .append("<tr><th></th><th>sum of scores</th><th>measured</th><th>standard error</th>")
        .append("<th></th></tr>\n");
    int number = 0;
    for (Summary.CandidateLine c : s.candidates()) {
      h.append("<tr><td>candidate ").append(++number).append("</td>");
      cell(h, c.objective(), "%.4f");
      cell(h, c.measured(), "%.4f");
      cell(h, c.standardError(), "%.4f");
      h.append("<td>").append(c.taken() ? "taken" : "").append("</td></tr>\n");
    }
    h.append("</table>\n");
  }

  private static void baselines(StringBuilder h, Summary s) {
    if (s.baselines().isEmpty()) {
      return;
    }
    h.append("<h2>Other methods under the same limits, before GKD</h2>\n<table>")
        .append("<tr><th></th><th>summed KL</th><th>real KL</th><th>samples</th></tr>\n");
    if (s.solution() != null && s.childBeforeGkd() != null) {
      h.append("<tr><td>solver</td>");
      cell(h, s.solution().objective(), "%.4f");
      cell(h, s.childBeforeGkd().klNatsPerToken(), "%.4f");
      cell(h, 1, "%d");
      h.append("</tr>\n");
    }
    s.baselines()
        .forEach(
            (name, b) -> {
              h.append("<tr><td>")
                  .append(text(b.feasible() ? name : name + " (over the limits)"))
                  .append("</td>");
              cell(h, b.summedKl(), "%.4f");
              cell(h, b.klNatsPerToken(), "%.4f");
              cell(h, b.samples(), "%d");
              h.append("</tr>\n");
            });
    h.append("</table>\n");
  }

  private static void infeasible(StringBuilder h, Summary s) {
    h.append("<h2>The limits cannot be met</h2>\n<p>")
        .append(text(String.join(", ", s.infeasible().conflict())))
        .append("</p>\n<ul>");
    s.infeasible()
        .relaxations()
        .forEach(
            r ->
                h.append("<li>")
                    .append(
                        text(
                            "%s: %.6g was asked for, %.6g can be met"
                                .formatted(r.limit(), r.given(), r.feasible())))
                    .append("</li>"));
    h.append("</ul>\n");
  }

  private static void solution(StringBuilder h, RunState state, Summary s) {
    h.append("<h2>Scores, KL in nats/token; the choice is outlined</h2>\n<p>")
        .append(
            text(
                "Sum %.5g, bound %.5g, %s."
                    .formatted(
                        s.solution().objective(),
                        s.solution().bound(),
                        s.solution().proven() ? "proven optimal" : "not proven optimal")))
        .append("</p>\n<div class=\"wide\"><table><tr><th>layer</th>");
    List<Block> blocks = state.spec().space().blocks();
    blocks.forEach(b -> h.append("<th>").append(text(b.name())).append("</th>"));
    h.append("</tr>\n");
    Architecture chosen = state.incumbent().architecture();
    for (int layer = 0; layer < state.layers(); layer++) {
      h.append("<tr><td>").append(layer).append("</td>");
      LayerLibrary library = state.libraries().get(layer);
      for (Block block : blocks) {
        h.append(block.equals(chosen.block(layer)) ? "<td class=\"chosen\">" : "<td>")
            .append(
                library.scores().stream()
                    .filter(x -> x.block().equals(block))
                    .map(ScoredBlock::score)
                    .min(Comparator.comparingDouble(Score::value))
                    .map(x -> "%.4f".formatted(x.value()))
                    .orElse(""))
            .append("</td>");
      }
      h.append("</tr>\n");
    }
    h.append("</table></div>\n");
  }

  private static void cell(StringBuilder h, Object value, String format) {
    h.append("<td>")
        .append(value == null ? "" : String.format(Locale.ROOT, format, value))
        .append("</td>");
  }

  /** Nothing from outside becomes markup. */
  private static String text(String s) {
    return s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}

package puzzle.actors.run;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
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

  private static final String HEAD =
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">\
      <meta name="viewport" content="width=device-width">\
      <title>Puzzle: %1$s</title><style>
      %2$s</style></head><body>
      <h1>%1$s</h1>
      <p>%3$s</p>
      """;

  private RunPage() {}

  /**
   * @param front the best architectures at several speeds; empty if there is no table yet
   */
  static String html(RunState state, Summary s, List<Incumbent> front) {
    StringBuilder h = new StringBuilder();
    String outcome =
        s.outcome() == null ? "in progress" : s.outcome().kind() + ": " + s.outcome().detail();
    h.append(HEAD.formatted(text(s.run()), STYLE, text(outcome)));
    models(h, s);
    picture(h, "Quality against speed; the choice is ringed", ReportPlots.front(state, front));
    picture(h, "Time of each layer: attention below, FFN above", ReportPlots.strip(state));
    picture(h, "Global distillation", ReportPlots.gkd(s.gkd()));
    candidates(h, s);
    baselines(h, s);
    if (s.infeasible() != null) {
      h.append("<h2>The limits cannot be met</h2>\n");
      paragraph(h, String.join(", ", s.infeasible().conflict()));
      String each = "%s: %.6g was asked for, %.6g can be met";
      list(
          h, s.infeasible().relaxations(), r -> each.formatted(r.limit(), r.given(), r.feasible()));
    }
    if (s.solution() != null) {
      solution(h, state, s);
    }
    if (!s.quarantined().isEmpty()) {
      h.append("<h2>Given up</h2>\n");
      list(h, s.quarantined(), q -> q.key() + ": " + q.failure().message());
    }
    return h.append("</body></html>\n").toString();
  }

  private static void picture(StringBuilder h, String title, String svg) {
    if (!svg.isEmpty()) {
      h.append("<h2>").append(title).append("</h2>\n").append(svg);
    }
  }

  private static void models(StringBuilder h, Summary s) {
    table(
        h,
        "Parent and child",
        "loss, nats/token|KL, nats/token|parameters|weights, MB|KV, MB|prefill, tokens/s"
            + "|decode, tokens/s|workload, tokens/s|sum of blocks, tokens/s");
    model(h, "parent", s.parent());
    model(h, "child before GKD", s.childBeforeGkd());
    model(h, "child", s.child());
    h.append("</table>\n");
    if (!s.gkd().isEmpty()) {
      String way =
          s.gkd().stream()
              .map(at -> "%d steps %.4f".formatted(at.steps(), at.klNatsPerToken()))
              .collect(Collectors.joining(", "));
      paragraph(h, "Held-out KL during global distillation, nats/token: " + way + ".");
    }
    if (s.speedSource() != null) {
      paragraph(h, "Speeds: " + s.speedSource() + ".");
    }
  }

  private static void model(StringBuilder h, String name, Summary.Model m) {
    if (m != null) {
      row(
          h,
          name,
          "%.4f|%.4f|%,d|%.2f|%.2f|%,.0f|%,.0f|%,.0f|%,.0f",
          m.lossNatsPerToken(),
          m.klNatsPerToken(),
          m.params(),
          m.weightBytes() / 1e6,
          m.kvBytes() / 1e6,
          m.prefillTokensPerSecond(),
          m.decodeTokensPerSecond(),
          m.workloadTokensPerSecond(),
          m.summedWorkloadTokensPerSecond());
    }
  }

  private static void candidates(StringBuilder h, Summary s) {
    if (!s.candidates().isEmpty()) {
      String title = "The solver's best architectures, assembled and measured";
      table(h, title, "sum of scores|measured|standard error|");
      int number = 0;
      for (Summary.CandidateLine c : s.candidates()) {
        String name = "candidate " + ++number;
        String taken = c.taken() ? "taken" : "";
        row(h, name, "%.4f|%.4f|%.4f|%s", c.objective(), c.measured(), c.standardError(), taken);
      }
      h.append("</table>\n");
    }
  }

  private static void baselines(StringBuilder h, Summary s) {
    if (!s.baselines().isEmpty()) {
      String title = "Other methods under the same limits, before GKD";
      table(h, title, "summed KL|real KL|samples");
      String format = "%.4f|%.4f|%d";
      if (s.solution() != null && s.childBeforeGkd() != null) {
        double real = s.childBeforeGkd().klNatsPerToken();
        row(h, "solver", format, s.solution().objective(), real, 1);
      }
      s.baselines()
          .forEach(
              (name, b) -> {
                String method = b.feasible() ? name : name + " (over the limits)";
                row(h, method, format, b.summedKl(), b.klNatsPerToken(), b.samples());
              });
      h.append("</table>\n");
    }
  }

  private static void solution(StringBuilder h, RunState state, Summary s) {
    h.append("<h2>Scores, KL in nats/token; the choice is outlined</h2>\n");
    String proof = s.solution().proven() ? "proven optimal" : "not proven optimal";
    paragraph(
        h,
        "Sum %.5g, bound %.5g, %s."
            .formatted(s.solution().objective(), s.solution().bound(), proof));
    h.append("<div class=\"wide\"><table><tr><th>layer</th>");
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

  private static void paragraph(StringBuilder h, String text) {
    h.append("<p>").append(text(text)).append("</p>\n");
  }

  private static <T> void list(StringBuilder h, List<T> items, Function<T, String> words) {
    h.append("<ul>");
    items.forEach(i -> h.append("<li>").append(text(words.apply(i))).append("</li>"));
    h.append("</ul>\n");
  }

  /** Begins a table; its heads are separated by bars. */
  private static void table(StringBuilder h, String title, String heads) {
    h.append("<h2>").append(title).append("</h2>\n<table><tr><th></th><th>");
    h.append(heads.replace("|", "</th><th>")).append("</th></tr>\n");
  }

  /** A row of values, null for an empty cell, by the formats that bars separate. */
  private static void row(StringBuilder h, String name, String formats, Object... values) {
    h.append("<tr><td>").append(text(name)).append("</td>");
    String[] each = formats.split("\\|");
    for (int i = 0; i < values.length; i++) {
      String cell = values[i] == null ? "" : String.format(Locale.ROOT, each[i], values[i]);
      h.append("<td>").append(cell).append("</td>");
    }
    h.append("</tr>\n");
  }

  /** Nothing from outside becomes markup. */
  private static String text(String s) {
    return s.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}

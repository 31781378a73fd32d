package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A study as one HTML file that needs nothing else: no script, no network. */
final class StudyPage {

  private static final String STYLE =
      """
      :root{--ink:#1a1a1a;--paper:#fff;--rule:#ddd;--soft:#666;
      --s0:#2065c4;--s1:#d4581c;--s2:#12815c;--s3:#8547c9}
      @media (prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#161616;--rule:#3a3a3a;
      --soft:#9a9a9a;--s0:#6ba6f5;--s1:#f2905c;--s2:#4bc79a;--s3:#bd93f0}}
      body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;
      color:var(--ink);background:var(--paper)}
      table{border-collapse:collapse;margin:1rem 0;font-variant-numeric:tabular-nums}
      th,td{padding:.25rem .7rem;text-align:right;border-bottom:1px solid var(--rule)}
      th:first-child,td:first-child{text-align:left}
      .wide{overflow-x:auto}.soft{color:var(--soft)}code{font-size:.9em}
      svg{width:100%;max-width:720px;height:auto;display:block}
      svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .tick{fill:var(--soft)}
      .grid{stroke:var(--rule)}.line{fill:none;stroke-width:2}.bar{stroke-width:1.5}
      .dot{stroke:var(--paper);stroke-width:1}
      .line.s0,.bar.s0{stroke:var(--s0)}.line.s1,.bar.s1{stroke:var(--s1)}
      .line.s2,.bar.s2{stroke:var(--s2)}.line.s3,.bar.s3{stroke:var(--s3)}
      .dot.s0{fill:var(--s0)}.dot.s1{fill:var(--s1)}.dot.s2{fill:var(--s2)}.dot.s3{fill:var(--s3)}
      """;

  private final AblationReport report;
  private final StringBuilder html = new StringBuilder();

  StudyPage(AblationReport report) {
    this.report = report;
  }

  String html() {
    String name = Plot.text(report.name());
    html.append(
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8">\
        <meta name="viewport" content="width=device-width"><title>Ablations of %s</title><style>
        %s</style></head><body>
        <h1>Ablations of %s</h1>
        """
            .formatted(name, STYLE, name));
    paragraph(
        "The ablations of Puzzle (arXiv 2411.19146) on a parent at hand. Every figure is the KL"
            + " divergence of the assembled model from the parent in nats per token, on held-out"
            + " text that nothing was trained on, scored on or chosen with; smaller is better. The"
            + " paper's figures are accuracies; larger is better there.");
    html.append("<p>Made by <code>").append(Plot.text(report.command())).append("</code></p>\n");
    paragraph(settings());
    orders();
    for (Table table : Table.values()) {
      Map<String, Map<Double, Map<Long, Double>>> cells =
          ExpectedOrder.cells(table, report.result().measurements());
      if (!cells.isEmpty()) {
        table(table, cells);
      }
    }
    return html.append("</body></html>\n").toString();
  }

  private String settings() {
    StudySize scale = report.scale();
    return String.format(
        Locale.ROOT,
        "%d seeds; BLD: %d steps of %d sequences over a tape of %d; scores on %d sequences, final"
            + " quality on %d others; GKD: %d steps of %d sequences, at %s times the parent's"
            + " throughput. Costs: %s, one table for all cells and seeds.",
        scale.seeds().size(),
        scale.bldSteps(),
        scale.batch(),
        scale.sequences(),
        scale.scoring(),
        scale.evaluation(),
        scale.gkdSteps(),
        scale.batch(),
        scale.target(),
        report.result().costSource());
  }

  private void orders() {
    html.append("<h2>Orders</h2>\n");
    paragraph(
        "Difference: the worse cell's divergence minus the better one's, per seed the mean over all"
            + " limits that both can meet. Error bar: standard error of that paired difference over"
            + " the seeds. An order is held where the difference exceeds its error bar, tied within"
            + " it; a tie is enough for ≤.");
    html.append("<div class=\"wide\"><table><tr><th>order</th><th>paper</th><th>better</th>")
        .append("<th>worse</th><th>difference</th><th>error bar</th><th></th></tr>\n");
    for (ExpectedOrder.Outcome o : report.result().orders()) {
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s</td><td>%s</td><td>%.4f</td><td>%.4f</td><td>%+.4f</td><td>%.4f</td><td>%s</td></tr>%n",
              Plot.text(
                  o.order().better() + (o.order().strict() ? " < " : " ≤ ") + o.order().worse()),
              o.order().table().number(),
              o.better().mean(),
              o.worse().mean(),
              o.difference().mean(),
              o.difference().error(),
              o.words()));
    }
    html.append("</table></div>\n");
  }

  private void table(Table table, Map<String, Map<Double, Map<Long, Double>>> cells) {
    html.append("<h2>")
        .append(Plot.text(table.title()))
        .append(" <span class=\"soft\">(")
        .append(table.number())
        .append(")</span></h2>\n");
    TreeSet<Double> limits = new TreeSet<>();
    cells.values().forEach(cell -> limits.addAll(cell.keySet()));
    Set<Double> shared = new TreeSet<>(limits);
    cells.values().forEach(cell -> shared.retainAll(cell.keySet()));
    Map<String, Map<Double, MeanWithError>> values = new LinkedHashMap<>();
    for (String cell : table.cells()) {
      if (cells.containsKey(cell)) {
        values.put(cell, estimates(cells.get(cell)));
      }
    }
    if (limits.size() > 1) {
      html.append(Plot.lines(values));
    } else {
      Map<String, MeanWithError> single = new LinkedHashMap<>();
      values.forEach((cell, byLimit) -> single.put(cell, byLimit.get(limits.first())));
      html.append(Plot.dots(single));
    }
    html.append("<div class=\"wide\"><table><tr><th>KL, nats/token</th>");
    boolean several = limits.size() > 1;
    if (several) {
      limits.forEach(limit -> html.append("<th>").append(limit).append(" x</th>"));
    }
    html.append("<th>")
        .append(several ? "mean where all have one" : limits.first() + " x")
        .append(" ± standard error</th><th>paper</th></tr>\n");
    values.forEach(
        (cell, byLimit) -> {
          html.append("<tr><td>").append(Plot.text(cell)).append("</td>");
          if (several) {
            limits.forEach(limit -> cell(byLimit.get(limit)));
          }
          html.append("<td>").append(Plot.plusMinus(mean(cells.get(cell), shared))).append("</td>");
          html.append("<td>").append(table.paper(cell)).append("</td></tr>\n");
        });
    html.append("</table></div>\n");
  }

  private void cell(MeanWithError e) {
    String mean = e == null ? "none" : String.format(Locale.ROOT, "%.3f", e.mean());
    html.append("<td>").append(mean).append("</td>");
  }

  private static Map<Double, MeanWithError> estimates(Map<Double, Map<Long, Double>> cell) {
    Map<Double, MeanWithError> estimates = new TreeMap<>();
    cell.forEach((limit, seeds) -> estimates.put(limit, MeanWithError.of(seeds.values())));
    return estimates;
  }

  /** Over the limits that all cells have, with the error of the seeds' means. */
  private static MeanWithError mean(Map<Double, Map<Long, Double>> cell, Set<Double> shared) {
    Map<Long, List<Double>> seeds = new TreeMap<>();
    shared.stream()
        .map(cell::get)
        .forEach(
            bySeed ->
                bySeed.forEach(
                    (seed, value) ->
                        seeds.computeIfAbsent(seed, s -> new ArrayList<>()).add(value)));
    return MeanWithError.of(
        seeds.values().stream()
            .map(v -> v.stream().mapToDouble(Double::doubleValue).average().orElseThrow())
            .toList());
  }

  private void paragraph(String words) {
    html.append("<p>").append(Plot.text(words)).append("</p>\n");
  }
}

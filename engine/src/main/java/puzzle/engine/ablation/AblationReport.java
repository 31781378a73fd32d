package puzzle.engine.ablation;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import puzzle.engine.files.AtomicFile;

/**
 * A study's results as CSV, HTML and text.
 *
 * @param command that made it
 */
public record AblationReport(
    String name, StudySize scale, AblationStudy.Result result, String command) {

  public static final String CSV = "ablations.csv";
  public static final String HTML = "ablations.html";

  /** Writes both files, each whole or not at all. */
  public void write(Path folder) {
    AtomicFile.write(folder.resolve(CSV), csv(result.measurements()));
    AtomicFile.write(folder.resolve(HTML), new StudyPage(this).html());
  }

  /** One row per table, cell, limit, seed and metric. */
  static String csv(List<Measurement> measurements) {
    StringBuilder csv = new StringBuilder("table,cell,limit,seed,metric,value\n");
    for (Measurement m : measurements) {
      csv.append(
          String.format(
              Locale.ROOT,
              "%s,%s,%s,%d,%s,%s%n",
              m.table().label(),
              quoted(m.cell()),
              m.limit(),
              m.seed(),
              m.metric(),
              Double.toString(m.value())));
    }
    return csv.toString();
  }

  private static String quoted(String text) {
    return text.contains(",") ? '"' + text + '"' : text;
  }

  /** The orders, a line each. */
  public static String text(List<ExpectedOrder.Outcome> orders) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%-10s %-46s %9s %9s %10s %8s  %s%n"
            .formatted(
                "table", "order, KL nats/token", "better", "worse", "difference", "error", ""));
    for (ExpectedOrder.Outcome o : orders) {
      text.append(
          String.format(
              Locale.ROOT,
              "%-10s %-46s %9.4f %9.4f %+10.4f %8.4f  %s%n",
              o.order().table().label(),
              o.order().better() + (o.order().strict() ? " < " : " <= ") + o.order().worse(),
              o.better().mean(),
              o.worse().mean(),
              o.difference().mean(),
              o.difference().error(),
              o.words()));
    }
    return text.toString();
  }
}

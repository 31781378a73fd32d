package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Two plots as inline SVG, coloured by the page's style sheet: divergence over the throughput asked
 * for, a line per cell, and a dot per cell. Bars are one standard error over the seeds to each
 * side.
 */
final class Plot {

  private static final int WIDTH = 720;
  private static final int HEIGHT = 300;
  private static final int LEFT = 56;
  private static final int RIGHT = 190;
  private static final int TOP = 14;
  private static final int BOTTOM = 44;
  private static final int ROW = 26;
  private static final int LABEL_GAP = 15;
  private static final int TICKS = 5;

  private final StringBuilder svg = new StringBuilder();

  private Plot() {}

  /** What ends at the right edge of a line plot. */
  private record Label(int series, String text, double y) {}

  /**
   * @param cells values by limit, in the order of the colours
   */
  static String lines(Map<String, Map<Double, MeanWithError>> cells) {
    Plot plot = new Plot();
    TreeSet<Double> limits = new TreeSet<>();
    double top = 0;
    for (Map<Double, MeanWithError> cell : cells.values()) {
      limits.addAll(cell.keySet());
      for (MeanWithError e : cell.values()) {
        top = Math.max(top, e.mean() + e.error());
      }
    }
    if (limits.isEmpty()) {
      return "";
    }
    double first = limits.first();
    double span = Math.max(1e-9, limits.last() - first);
    double step = step(top);
    double most = Math.max(step, Math.ceil(top / step) * step);
    plot.open(HEIGHT, "KL divergence over the throughput asked for");
    for (double tick = 0; tick <= most + step / 2; tick += step) {
      double y = y(tick, most);
      plot.line("grid", LEFT, WIDTH - RIGHT, y, y);
      plot.write("tick", "end", LEFT - 8, y + 4, number(tick));
    }
    for (double limit : limits) {
      double x = x(limit, first, span);
      plot.write("tick", "middle", x, HEIGHT - BOTTOM + 18, number(limit));
    }
    plot.write(
        "tick",
        "middle",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 8,
        "throughput asked for, times the parent's");
    List<Label> labels = new ArrayList<>();
    int series = 0;
    for (Map.Entry<String, Map<Double, MeanWithError>> cell : cells.entrySet()) {
      StringBuilder points = new StringBuilder();
      double last = 0;
      for (double limit : new TreeSet<>(cell.getValue().keySet())) {
        MeanWithError e = cell.getValue().get(limit);
        last = y(e.mean(), most);
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(limit, first, span), last));
      }
      plot.add("<polyline class=\"line s%d\" points=\"%s\"/>", series, points.toString().trim());
      for (Map.Entry<Double, MeanWithError> point : cell.getValue().entrySet()) {
        MeanWithError e = point.getValue();
        double x = x(point.getKey(), first, span);
        plot.line(
            "bar s" + series, x, x, y(e.mean() - e.error(), most), y(e.mean() + e.error(), most));
        plot.add(
            "<circle class=\"dot s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s, %s x: %s</title></circle>",
            series,
            x,
            y(e.mean(), most),
            text(cell.getKey()),
            number(point.getKey()),
            text(plusMinus(e)));
      }
      labels.add(new Label(series++, cell.getKey(), last));
    }
    plot.labels(labels);
    return plot.close();
  }

  /** A dot per cell, from the top down. */
  static String dots(Map<String, MeanWithError> cells) {
    Plot plot = new Plot();
    double top = 0;
    for (MeanWithError e : cells.values()) {
      top = Math.max(top, e.mean() + e.error());
    }
    double step = step(top);
    double most = Math.max(step, Math.ceil(top / step) * step);
    int left = 150;
    int right = 150;
    int height = TOP + ROW * cells.size() + BOTTOM;
    double width = WIDTH - left - right;
    plot.open(height, "KL divergence by cell");
    for (double tick = 0; tick <= most + step / 2; tick += step) {
      double x = left + width * tick / most;
      plot.line("grid", x, x, TOP, height - BOTTOM);
      plot.write("tick", "middle", x, height - BOTTOM + 16, number(tick));
    }
    plot.write("tick", "middle", left + width / 2, height - 8, "KL to the parent, nats/token");
    double y = TOP + ROW / 2.0;
    for (Map.Entry<String, MeanWithError> cell : cells.entrySet()) {
      MeanWithError e = cell.getValue();
      double x = left + width * e.mean() / most;
      double bar = width * e.error() / most;
      plot.write("name", "end", left - 12, y + 4, text(cell.getKey()));
      plot.line("bar s0", x - bar, x + bar, y, y);
      plot.add("<circle class=\"dot s0\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>", x, y);
      plot.write("tick", "start", WIDTH - right + 12, y + 4, text(plusMinus(e)));
      y += ROW;
    }
    return plot.close();
  }

  /** At the lines' ends, moved apart where they would overlap. */
  private void labels(List<Label> labels) {
    List<Label> sorted = new ArrayList<>(labels);
    sorted.sort(Comparator.comparingDouble(Label::y));
    double next = TOP;
    double room = HEIGHT - BOTTOM - (sorted.size() - 1.0) * LABEL_GAP;
    for (int i = 0; i < sorted.size(); i++) {
      Label label = sorted.get(i);
      double y = Math.max(next, Math.min(label.y(), room + i * LABEL_GAP));
      add(
          "<circle class=\"dot s%d\" cx=\"%d\" cy=\"%.1f\" r=\"4\"/>",
          label.series(), WIDTH - RIGHT + 16, y);
      write("name", "start", WIDTH - RIGHT + 26, y + 4, text(label.text()));
      next = y + LABEL_GAP;
    }
  }

  private static double x(double limit, double first, double span) {
    return LEFT + 12 + (WIDTH - RIGHT - LEFT - 24) * (limit - first) / span;
  }

  private static double y(double value, double most) {
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - Math.max(0, value) / most);
  }

  /** A round step that gives about {@link #TICKS} ticks. */
  private static double step(double top) {
    double rough = Math.max(top, 1e-9) / TICKS;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double unit = rough / power;
    return power * (unit <= 1 ? 1 : unit <= 2 ? 2 : unit <= 5 ? 5 : 10);
  }

  private static String number(double value) {
    return Double.toString(Math.round(value * 1e4) / 1e4).replaceFirst("\\.0$", "");
  }

  static String plusMinus(MeanWithError e) {
    return String.format(Locale.ROOT, "%.4f ± %.4f", e.mean(), e.error());
  }

  static String text(String raw) {
    return raw.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  private void open(int height, String title) {
    add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, height, title);
  }

  private void line(String css, double x1, double x2, double y1, double y2) {
    add(
        "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>",
        css, x1, x2, y1, y2);
  }

  private void write(String css, String anchor, double x, double y, String words) {
    add(
        "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>",
        css, anchor, x, y, words);
  }

  private void add(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }

  private String close() {
    return svg.append("</svg>\n").toString();
  }
}

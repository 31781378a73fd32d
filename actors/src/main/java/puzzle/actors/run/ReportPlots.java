package puzzle.actors.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Incumbent;
import puzzle.model.TaskResult;
import puzzle.model.Workload;
import puzzle.persistence.RunState;

/** The report's pictures as inline SVG, coloured by the page's style sheet. */
final class ReportPlots {

  private static final int WIDTH = 720;
  private static final int HEIGHT = 280;
  private static final int LEFT = 64;
  private static final int RIGHT = 16;
  private static final int TOP = 14;
  private static final int BOTTOM = 44;

  private final StringBuilder svg = new StringBuilder();
  private final double least;
  private final double most;
  private final double high;

  private ReportPlots(String title, String across, String up, double least, double most, double y) {
    this.least = least;
    this.most = most > least ? most : least + 1;
    this.high = y > 0 ? y * 1.05 : 1;
    add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, HEIGHT, title);
    for (int tick = 0; tick <= 4; tick++) {
      double value = high * tick / 4;
      add(
          "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
          LEFT, WIDTH - RIGHT, y(value), y(value));
      add(
          "<text text-anchor=\"end\" x=\"%d\" y=\"%.1f\">%s</text>",
          LEFT - 8, y(value) + 4, number(value));
    }
    add(
        "<text text-anchor=\"middle\" x=\"%d\" y=\"%d\">%s</text>",
        (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across);
    add("<text x=\"4\" y=\"%d\">%s</text>", HEIGHT - 6, up);
  }

  /** Sum of scores over throughput, for the best architectures at several speeds. */
  static String front(RunState state, List<Incumbent> front) {
    if (front.size() < 2) {
      return "";
    }
    Workload w = state.spec().target().goals().get(0).workload();
    double parent = front.get(0).parentCost().runtimeSeconds(w);
    List<Incumbent> all = new ArrayList<>(front);
    if (state.incumbent() != null) {
      all.add(state.incumbent());
    }
    double fastest = 1;
    double worst = 0;
    for (Incumbent i : all) {
      fastest = Math.max(fastest, parent / i.cost().runtimeSeconds(w));
      worst = Math.max(worst, i.objective());
    }
    ReportPlots plot =
        new ReportPlots(
            "Sum of scores over throughput",
            "throughput, times the parent's",
            "KL, nats",
            1,
            fastest,
            worst);
    plot.across();
    plot.line(front, i -> parent / i.cost().runtimeSeconds(w), Incumbent::objective);
    for (Incumbent i : all) {
      double speed = parent / i.cost().runtimeSeconds(w);
      boolean chosen = i == state.incumbent();
      plot.add(
          "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"><title>%s %s x, %s</title></circle>",
          chosen ? "taken" : "dot",
          plot.x(speed),
          plot.y(i.objective()),
          chosen ? 6 : 4,
          chosen ? "chosen:" : "",
          number(speed),
          number(i.objective()));
    }
    return plot.end();
  }

  /** What each layer of the child takes of the time its parent's layer takes. */
  static String strip(RunState state) {
    if (state.incumbent() == null) {
      return "";
    }
    Workload w = state.spec().target().goals().get(0).workload();
    return state.profile(w).map(p -> strip(state, p, w)).orElse("");
  }

  private static String strip(RunState state, TaskResult.Profiled profile, Workload w) {
    Architecture child = state.incumbent().architecture();
    // Where the parent's layers differ, its slowest is 1.
    double whole =
        state.spec().space().parent(child.layers()).blocks().stream()
            .mapToDouble(
                own ->
                    profile.cost(own.attention()).runtimeSeconds(w)
                        + profile.cost(own.ffn()).runtimeSeconds(w))
            .max()
            .orElseThrow();
    ReportPlots plot =
        new ReportPlots(
            "Time of each layer", "layer", "parent = 1", 0, Math.max(1, child.layers()), 1);
    double width = (WIDTH - LEFT - RIGHT) / (double) child.layers();
    for (int layer = 0; layer < child.layers(); layer++) {
      Block block = child.block(layer);
      double attention = profile.cost(block.attention()).runtimeSeconds(w) / whole;
      double ffn = profile.cost(block.ffn()).runtimeSeconds(w) / whole;
      plot.bar("attention", layer, width, 0, attention, block);
      plot.bar("ffn", layer, width, attention, attention + ffn, block);
    }
    int every = Math.max(1, child.layers() / 16);
    for (int layer = 0; layer < child.layers(); layer += every) {
      plot.add(
          "<text text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%d</text>",
          LEFT + (layer + 0.5) * width, HEIGHT - BOTTOM + 16, layer);
    }
    return plot.end();
  }

  /** Held-out KL on the way from the assembled to the healed child. */
  static String gkd(List<Summary.GkdLine> way) {
    if (way.size() < 2) {
      return "";
    }
    double worst = way.stream().mapToDouble(Summary.GkdLine::klNatsPerToken).max().orElse(1);
    ReportPlots plot =
        new ReportPlots(
            "Held-out KL during global distillation",
            "steps",
            "KL, nats",
            way.get(0).steps(),
            way.get(way.size() - 1).steps(),
            worst);
    plot.across();
    plot.line(way, Summary.GkdLine::steps, Summary.GkdLine::klNatsPerToken);
    return plot.end();
  }

  private void bar(String kind, int layer, double width, double from, double to, Block block) {
    add(
        "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
            + "<title>layer %d: %s</title></rect>",
        kind,
        LEFT + layer * width + width * 0.08,
        y(to),
        width * 0.84,
        Math.max(0, y(from) - y(to)),
        layer,
        block.name());
  }

  private <T> void line(List<T> points, ToDoubleFunction<T> across, ToDoubleFunction<T> up) {
    String line =
        points.stream()
            .map(p -> point(x(across.applyAsDouble(p)), y(up.applyAsDouble(p))))
            .collect(Collectors.joining(" "));
    add("<polyline class=\"line\" points=\"%s\"/>", line);
  }

  private void across() {
    for (int tick = 0; tick <= 4; tick++) {
      double value = least + (most - least) * tick / 4;
      add(
          "<text text-anchor=\"middle\" x=\"%.1f\" y=\"%d\">%s</text>",
          x(value), HEIGHT - BOTTOM + 16, number(value));
    }
  }

  private double x(double value) {
    return LEFT + (value - least) / (most - least) * (WIDTH - LEFT - RIGHT);
  }

  private double y(double value) {
    return TOP + (1 - value / high) * (HEIGHT - TOP - BOTTOM);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private String end() {
    return svg.append("</svg>\n").toString();
  }

  private static String point(double x, double y) {
    return String.format(Locale.ROOT, "%.1f,%.1f", x, y);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }
}

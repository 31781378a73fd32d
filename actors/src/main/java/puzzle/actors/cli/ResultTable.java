package puzzle.actors.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Map;

/** The end of a run as a table for people, from the run's {@code report.json}. */
final class ResultTable {

  private static final String[] MODELS = {"parent", "child_before_gkd", "child"};

  private final JsonNode summary;
  private final StringBuilder text = new StringBuilder();

  private ResultTable(JsonNode summary) {
    this.summary = summary;
  }

  static String of(JsonNode summary) {
    ResultTable table = new ResultTable(summary);
    table.write();
    return table.text.toString();
  }

  private void write() {
    if (summary.path("parent").isObject()) {
      row("", "parent", "child before GKD", "child");
      figures("loss, nats/token", "loss_nats_per_token", "%.4f", 1);
      figures("KL to the parent, nats/token", "kl_nats_per_token", "%.4f", 1);
      figures("parameters", "params", "%,.0f", 1);
      figures("weights, MB", "weight_bytes", "%.2f", 1e-6);
      figures("KV cache, MB", "kv_bytes", "%.2f", 1e-6);
      for (String what : new String[] {"prefill", "decode", "workload"}) {
        figures(what + ", tokens/s", what + "_tokens_per_second", "%,.0f", 1);
        figures("  sum of blocks", "summed_" + what + "_tokens_per_second", "%,.0f", 1);
      }
      if (summary.path("speed_source").isTextual()) {
        line("speeds: " + summary.path("speed_source").asText());
      }
      text.append('\n');
    }
    candidates();
    if (summary.path("baselines").size() > 0) {
      row("before GKD", "summed KL", "real KL", "");
      row(
          "solver",
          number(summary.at("/solution/objective"), "%.4f", 1),
          number(summary.at("/child_before_gkd/kl_nats_per_token"), "%.4f", 1),
          "");
      for (Map.Entry<String, JsonNode> b : summary.path("baselines").properties()) {
        int samples = b.getValue().path("samples").asInt();
        row(
            (samples > 1 ? b.getKey() + ", median of " + samples : b.getKey())
                + (b.getValue().path("feasible").asBoolean(true) ? "" : ", over the limits"),
            number(b.getValue().path("summed_kl"), "%.4f", 1),
            number(b.getValue().path("kl_nats_per_token"), "%.4f", 1),
            "");
      }
      text.append('\n');
    }
    if (summary.path("solution").isObject()) {
      JsonNode s = summary.path("solution");
      text.append("solution: sum of scores ")
          .append(number(s.path("objective"), "%.6g", 1))
          .append(", bound ")
          .append(number(s.path("bound"), "%.6g", 1))
          .append(s.path("proven").asBoolean() ? ", proven optimal\n" : ", not proven\n");
      int layer = 0;
      for (JsonNode choice : s.path("choices")) {
        text.append("  layer ").append(layer++).append("  ").append(choice.asText()).append('\n');
      }
    }
    for (JsonNode q : summary.path("quarantined")) {
      text.append("given up: ").append(q.at("/failure/message").asText()).append('\n');
    }
    if (summary.path("infeasible").isObject()) {
      text.append("the limits cannot be met together:\n");
      summary.at("/infeasible/conflict").forEach(c -> line("  " + c.asText()));
      summary
          .at("/infeasible/relaxations")
          .forEach(
              r ->
                  line(
                      "  with the others kept, %s can be %s (asked for: %s)"
                          .formatted(
                              r.path("limit").asText(),
                              number(r.path("feasible"), "%.5g", 1),
                              number(r.path("given"), "%.5g", 1))));
    }
    if (summary.path("child_folder").isTextual()) {
      line("child:  " + summary.path("child_folder").asText());
    }
    line("report: " + summary.path("report").asText());
  }

  private void candidates() {
    if (summary.path("candidates").isEmpty()) {
      return;
    }
    row("the solver's best, assembled", "sum of scores", "measured", "");
    int number = 0;
    for (JsonNode c : summary.path("candidates")) {
      row(
          "candidate " + ++number,
          number(c.path("objective"), "%.4f", 1),
          number(c.path("measured"), "%.4f", 1)
              + " ± "
              + number(c.path("standard_error"), "%.4f", 1),
          c.path("taken").asBoolean() ? "taken" : "");
    }
    text.append('\n');
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  private void figures(String name, String field, String format, double scale) {
    String[] cells = new String[MODELS.length];
    boolean any = false;
    for (int i = 0; i < MODELS.length; i++) {
      cells[i] = number(summary.path(MODELS[i]).path(field), format, scale);
      any |= !cells[i].isEmpty();
    }
    if (any) {
      row(name, cells);
    }
  }

  private void row(String name, String... cells) {
    text.append("%-30s".formatted(name));
    for (String cell : cells) {
      text.append("%18s".formatted(cell));
    }
    while (text.charAt(text.length() - 1) == ' ') {
      text.setLength(text.length() - 1);
    }
    text.append('\n');
  }

  private static String number(JsonNode value, String format, double scale) {
    return value.isNumber() ? String.format(Locale.ROOT, format, value.asDouble() * scale) : "";
  }
}

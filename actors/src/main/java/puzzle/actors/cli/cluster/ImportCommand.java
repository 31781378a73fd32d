package puzzle.actors.cli.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.Output;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.node.UnreachableException;
import puzzle.model.InvalidInputException;

/** Delivers results in files to a run that goes on: scores, costs, trained variants. */
@Command(
    name = "import",
    description = {
      "Delivers results that were measured elsewhere to a run in progress.",
      "FILE is JSON as for POST .../measurements, or a table with the columns of a run folder's",
      "scores.csv or profile.csv. The same file again changes nothing."
    },
    mixinStandardHelpOptions = true)
public final class ImportCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Results in one request. */
  private static final int PART = 2000;

  @Parameters(paramLabel = "FILE", description = "JSON, or CSV with a header line.")
  Path file;

  @Option(names = "--run", paramLabel = "RUN", required = true, description = "The run's name.")
  String run;

  @Option(
      names = "--connect",
      paramLabel = "URL",
      description = "The node. Default: ${DEFAULT-VALUE}.",
      defaultValue = "http://127.0.0.1:7878")
  URI url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      required = true,
      description = "http-tokens beside the run's journal.")
  Path tokens;

  @Option(
      names = "--source",
      paramLabel = "NAME",
      description = "Who measured, if the file does not say. Default: ${DEFAULT-VALUE}.",
      defaultValue = "import")
  String source;

  @Mixin Output output;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    NodeClient node = new NodeClient(url, tokens);
    ObjectNode total = JSON.createObjectNode();
    ArrayNode receipts = JSON.createArrayNode();
    for (ObjectNode body : bodies()) {
      JsonNode answer = post(node, body);
      answer
          .properties()
          .forEach(
              e -> {
                if (e.getValue().isInt()) {
                  total.put(e.getKey(), total.path(e.getKey()).asInt() + e.getValue().asInt());
                }
              });
      answer.path("receipts").forEach(receipts::add);
    }
    total.set("receipts", receipts);
    boolean all = total.path("refused").asInt() + total.path("too_early").asInt() == 0;
    if (output.json()) {
      output.print(total);
    } else {
      total
          .properties()
          .forEach(
              e -> {
                if (e.getValue().asInt() > 0) {
                  output.out().println(e.getValue() + " " + e.getKey());
                }
              });
      for (JsonNode r : receipts) {
        if (r.path("outcome").asText().matches("refused|too_early")) {
          spec.commandLine()
              .getErr()
              .println(
                  "%s: %s: %s"
                      .formatted(
                          r.path("id").asText(),
                          r.path("outcome").asText().replace('_', ' '),
                          r.path("reason").asText("Maybe import the file again later.")));
        }
      }
    }
    output.out().flush();
    return all ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private JsonNode post(NodeClient node, ObjectNode body) throws InterruptedException {
    try {
      HttpResponse<String> answer = node.post("/api/v1/runs/" + run + "/measurements", body);
      if (answer.statusCode() == 400) {
        throw new InvalidInputException(file + ": " + NodeClient.problem(answer));
      }
      if (answer.statusCode() != 200) {
        throw new RefusedException(NodeClient.problem(answer));
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UnreachableException(
          url + " does not answer: " + e + "\nMaybe no run is in progress there: see puzzle run.");
    }
  }

  /** Requests of a bearable size. */
  private List<ObjectNode> bodies() {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + e + "\nMaybe it is another file, or not UTF-8.", e);
    }
    if (lines.isEmpty()) {
      throw new InvalidInputException(file + ": is empty.\nMaybe it is another file.");
    }
    return lines.get(0).stripLeading().startsWith("{")
        ? List.of(json(String.join("\n", lines)))
        : table(lines);
  }

  private ObjectNode json(String text) {
    try {
      ObjectNode body = (ObjectNode) JSON.readTree(text);
      return body.has("source") ? body : body.put("source", source);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s: line %d: %s\nMaybe it is cut off."
              .formatted(file, e.getLocation().getLineNr(), e.getOriginalMessage()),
          e);
    }
  }

  private List<ObjectNode> table(List<String> lines) {
    List<String> names = Arrays.asList(lines.get(0).split(",", -1));
    boolean costs = names.contains("prefill_seconds");
    List<String> needed =
        costs
            ? List.of("workload", "variant", "prefill_seconds", "decode_seconds")
            : List.of("layer", "attention", "ffn", "score");
    for (String name : needed) {
      if (!names.contains(name)) {
        throw new InvalidInputException(
            "%s: line 1 has no column '%s'.\nMaybe take scores.csv or profile.csv of a run for an example."
                .formatted(file, name));
      }
    }
    List<ObjectNode> bodies = new ArrayList<>();
    ArrayNode list = null;
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split(",", -1);
      if (lines.get(i).isBlank() || !costs && cell(cells, names, "kind").equals("predicted")) {
        continue;
      }
      if (list == null || list.size() == PART) {
        ObjectNode body = JSON.createObjectNode().put("source", source);
        list = body.putArray(costs ? "costs" : "scores");
        bodies.add(body);
      }
      ObjectNode one = list.addObject().put("id", file.getFileName() + ":" + (i + 1));
      if (costs) {
        one.put("workload", cell(cells, names, "workload"));
        one.put("variant", cell(cells, names, "variant"));
        for (String name :
            List.of(
                "prefill_seconds",
                "decode_seconds",
                "weight_bytes",
                "kv_bytes",
                "relative_spread")) {
          number(one, name, cell(cells, names, name), i);
        }
      } else {
        number(one, "layer", cell(cells, names, "layer"), i);
        one.put("block", cell(cells, names, "attention") + "+" + cell(cells, names, "ffn"));
        number(one, "value", cell(cells, names, "score"), i);
        number(one, "standard_error", cell(cells, names, "standard_error"), i);
      }
    }
    return bodies;
  }

  private static String cell(String[] cells, List<String> names, String name) {
    int at = names.indexOf(name);
    return at < 0 || at >= cells.length ? "" : cells[at].strip();
  }

  /** As it stands there: a count stays a whole number. */
  private void number(ObjectNode one, String name, String text, int line) {
    if (text.isEmpty()) {
      return;
    }
    try {
      if (text.matches("-?[0-9]{1,18}")) {
        one.put(name, Long.parseLong(text));
      } else {
        one.put(name, Double.parseDouble(text));
      }
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "%s: line %d: %s is '%s'.\nMaybe a number was meant."
              .formatted(file, line + 1, name, text),
          e);
    }
  }
}

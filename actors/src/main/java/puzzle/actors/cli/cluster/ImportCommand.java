package puzzle.actors.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.UnreachableException;
import puzzle.engine.json.JsonValue;
import puzzle.engine.tables.CsvFile;
import puzzle.model.InvalidInputException;

/** Delivers results in files to a run in progress: scores, costs, trained variants. */
@Command(
    name = "import",
    description = {
      "Delivers results that were measured elsewhere to a run in progress.",
      "FILE is JSON as for POST .../measurements, or a table with the columns of a run folder's",
      "scores.csv or profile.csv. The same file again changes nothing."
    })
public final class ImportCommand extends ResultCommand {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> SCORES = List.of("layer", "attention", "ffn", "score");
  private static final List<String> COSTS =
      List.of("workload", "variant", "prefill_seconds", "decode_seconds");
  private static final List<String> MEASURED =
      List.of("prefill_seconds", "decode_seconds", "weight_bytes", "kv_bytes", "relative_spread");

  /** Results in one request. */
  private static final int PART = 2000;

  @Parameters(paramLabel = "FILE", description = "JSON, or CSV with a header line.")
  Path file;

  @Option(names = "--run", paramLabel = "RUN", required = true, description = "The run's name.")
  String run;

  @Mixin NodeOptions node;

  @Option(
      names = "--source",
      paramLabel = "NAME",
      description = "Who measured, if the file does not say. Default: ${DEFAULT-VALUE}.")
  String source = "import";

  @Override
  public Integer call() throws InterruptedException {
    NodeClient client = node.client();
    ObjectNode total = JSON.createObjectNode();
    ArrayNode receipts = JSON.createArrayNode();
    for (ObjectNode body : bodies()) {
      JsonNode answer = post(client, body);
      for (Map.Entry<String, JsonNode> count : answer.properties()) {
        if (count.getValue().isInt()) {
          total.put(count.getKey(), total.path(count.getKey()).asInt() + count.getValue().asInt());
        }
      }
      answer.path("receipts").forEach(receipts::add);
    }
    total.set("receipts", receipts);
    boolean all = total.path("refused").asInt() + total.path("too_early").asInt() == 0;
    output.show(total, ImportCommand::print);
    return all ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private static void print(PrintWriter out, ObjectNode total) {
    for (Map.Entry<String, JsonNode> count : total.properties()) {
      if (count.getValue().asInt() > 0) {
        out.println(count.getValue() + " " + count.getKey());
      }
    }
    for (JsonNode r : total.path("receipts")) {
      String outcome = r.path("outcome").asText();
      if (outcome.matches("refused|too_early")) {
        String reason = r.path("reason").asText("Maybe import the file again later.");
        System.err.println(
            r.path("id").asText() + ": " + outcome.replace('_', ' ') + ": " + reason);
      }
    }
  }

  private JsonNode post(NodeClient client, ObjectNode body) throws InterruptedException {
    try {
      HttpResponse<String> answer = client.post("/api/v1/runs/" + run + "/measurements", body);
      if (answer.statusCode() == 400) {
        throw new InvalidInputException(file + ": " + NodeClient.problem(answer));
      }
      if (answer.statusCode() != 200) {
        throw new RefusedException(NodeClient.problem(answer));
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UnreachableException(
          node.url
              + " does not answer: "
              + e
              + "\nMaybe no run is in progress there: see puzzle run.");
    }
  }

  /** Requests of a bearable size. */
  List<ObjectNode> bodies() {
    try (InputStream in = Files.newInputStream(file)) {
      String head = new String(in.readNBytes(256), StandardCharsets.UTF_8);
      if (!head.stripLeading().startsWith("{")) {
        return table();
      }
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + e + "\nMaybe it is another file.", e);
    }
    ObjectNode body = JsonValue.read(file).copy();
    return List.of(body.has("source") ? body : body.put("source", source));
  }

  private List<ObjectNode> table() {
    List<CsvFile.Row> rows = new ArrayList<>();
    boolean costs = CsvFile.columns(file).contains("prefill_seconds");
    CsvFile.forEach(file, costs ? COSTS : SCORES, List.of(), rows::add);
    rows.removeIf(row -> !costs && row.get("kind").equals("predicted"));
    List<ObjectNode> bodies = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += PART) {
      ObjectNode body = JSON.createObjectNode().put("source", source);
      ArrayNode list = body.putArray(costs ? "costs" : "scores");
      for (CsvFile.Row row : rows.subList(from, Math.min(rows.size(), from + PART))) {
        ObjectNode one = list.addObject().put("id", file.getFileName() + ":" + row.line());
        if (costs) {
          one.put("workload", row.get("workload"));
          one.put("variant", row.get("variant"));
          for (String name : MEASURED) {
            number(one, name, row, name);
          }
        } else {
          number(one, "layer", row, "layer");
          one.put("block", row.get("attention") + "+" + row.get("ffn"));
          number(one, "value", row, "score");
          number(one, "standard_error", row, "standard_error");
        }
      }
      bodies.add(body);
    }
    return bodies;
  }

  /** As it stands there: a count stays a whole number. */
  private static void number(ObjectNode one, String name, CsvFile.Row row, String column) {
    String text = row.get(column);
    if (text.matches("-?[0-9]{1,18}")) {
      one.put(name, Long.parseLong(text));
    } else if (!text.isEmpty()) {
      one.put(name, row.number(column));
    }
  }
}

package puzzle.actors.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.CliCommand;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.RefusedException;

/** Work done by programs that are not part of this one. */
@Command(
    name = "worker",
    mixinStandardHelpOptions = true,
    description = "Runs tasks with your own command.",
    subcommands = WorkerCommand.Exec.class)
public final class WorkerCommand {

  /** Runs a command for each task that it takes. */
  @Command(
      name = "exec",
      description = {
        "Takes tasks from a node and runs a command for each: the task as JSON on its standard",
        "input, the result as JSON on its standard output. Holds the lease while it runs."
      })
  static final class Exec extends CliCommand {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LARGEST_RESULT = 16L << 20;

    @Mixin NodeOptions options;

    @Option(
        names = "--accept",
        paramLabel = "KIND",
        description =
            "Tasks the command takes: a kind such as score, or a key with '*' such as 'score/5/kv-8+*'."
                + " Repeat it for more. Default: all.")
    List<String> accepts = List.of();

    @Option(names = "--name", paramLabel = "NAME", description = "Of this worker.")
    String name = "worker-" + ProcessHandle.current().pid();

    @Option(
        names = "--tasks",
        paramLabel = "N",
        description = "Stop after N tasks. Default: never.")
    long most = Long.MAX_VALUE;

    @Parameters(paramLabel = "CMD", arity = "1..*", description = "The command, after --.")
    List<String> command;

    private NodeClient node;

    @Override
    public Integer call() throws Exception {
      node = options.client();
      ObjectNode wanted = JSON.createObjectNode().put("wait_seconds", 20);
      ArrayNode kinds = wanted.putArray("accepts");
      accepts.forEach(kinds::add);
      for (long done = 0; done < most; ) {
        HttpResponse<String> answer;
        try {
          answer = post("lease", wanted);
        } catch (IOException e) {
          System.err.println(options.url + " does not answer; trying again: " + e.getMessage());
          TimeUnit.SECONDS.sleep(2);
          continue;
        }
        if (answer.statusCode() == 200) {
          perform(JSON.readTree(answer.body()));
          done++;
        } else if (answer.statusCode() == 503) {
          TimeUnit.SECONDS.sleep(2);
        } else if (answer.statusCode() != 204) {
          throw new RefusedException(NodeClient.problem(answer));
        }
      }
      return ExitCode.DONE;
    }

    private void perform(JsonNode lease) throws Exception {
      String key = lease.path("key").asText();
      System.err.println(key + ", attempt " + lease.path("attempt").asInt());
      ObjectNode held = JSON.createObjectNode().put("lease", lease.path("lease").asText());
      Process process = new ProcessBuilder(command).start();
      try {
        CompletableFuture<String> output = read(process.getInputStream());
        CompletableFuture<String> complaints = read(process.getErrorStream());
        try (OutputStream in = process.getOutputStream()) {
          in.write(JSON.writeValueAsBytes(lease));
        } catch (IOException e) {
          // A command that does not read all of its input may still answer.
        }
        long millis = Math.max(200, Math.round(1000 * lease.path("heartbeat_seconds").asDouble()));
        while (!process.waitFor(millis, TimeUnit.MILLISECONDS)) {
          if (!beat(held)) {
            System.err.println(key + ": no longer wanted");
            return;
          }
        }
        report(held, key, process.exitValue(), output.get(), complaints.get());
      } finally {
        process.destroyForcibly();
      }
    }

    /** False if the lease is lost; a node that does not answer may come back. */
    private boolean beat(ObjectNode held) throws InterruptedException, IOException {
      try {
        HttpResponse<String> answer = post("heartbeat", held);
        return answer.statusCode() == 503
            || answer.statusCode() == 200 && JSON.readTree(answer.body()).path("go_on").asBoolean();
      } catch (IOException e) {
        return true;
      }
    }

    private void report(ObjectNode held, String key, int exit, String output, String complaints)
        throws Exception {
      ObjectNode body = held.deepCopy();
      JsonNode result = exit == 0 ? parsed(output) : null;
      HttpResponse<String> answer;
      if (result != null) {
        body.set("result", result);
        answer = post("complete", body);
      } else {
        String why = exit == 0 ? "no JSON on its standard output" : "exit status " + exit;
        String last = complaints.strip().lines().reduce((a, b) -> b).orElse("");
        answer =
            post(
                "fail",
                body.put("kind", "DEFECT")
                    .put("message", key + ": " + command.get(0) + ": " + why + ". " + last));
      }
      if (answer.statusCode() == 400) {
        String why = NodeClient.problem(answer).lines().findFirst().orElse("");
        answer =
            post(
                "fail",
                held.deepCopy().put("kind", "DEFECT").put("message", key + ": result: " + why));
      }
      System.err.println(
          key + ": " + (answer.statusCode() == 200 ? "told" : NodeClient.problem(answer)));
    }

    private static JsonNode parsed(String output) {
      try {
        JsonNode json = JSON.readTree(output);
        return json != null && json.isObject() ? json : null;
      } catch (IOException e) {
        return null;
      }
    }

    private static CompletableFuture<String> read(InputStream in) {
      return CompletableFuture.supplyAsync(
          () -> {
            try (in) {
              return new String(in.readNBytes((int) LARGEST_RESULT), StandardCharsets.UTF_8);
            } catch (IOException e) {
              return "";
            }
          },
          task -> {
            Thread thread = new Thread(task, "reader");
            thread.setDaemon(true);
            thread.start();
          });
    }

    private HttpResponse<String> post(String what, JsonNode body)
        throws IOException, InterruptedException {
      return node.post("/api/v1/workers/" + name + "/" + what, body);
    }
  }
}

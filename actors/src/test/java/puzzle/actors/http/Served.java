package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.actors.node.PuzzleNode;
import puzzle.actors.node.Tools;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Feed;

/** A whole node with its HTTP server on a free port, and a client that holds a token. */
final class Served implements AutoCloseable {

  static final ObjectMapper JSON = new ObjectMapper();

  /** Judges every answer that goes through {@link #send}. */
  static final OpenApiContract CONTRACT = new OpenApiContract();

  /** One server-sent event; id empty if it has none. */
  record Event(String id, String type, JsonNode data) {}

  final PuzzleNode node;
  final HttpEdge http;
  final HttpClient client = HttpClient.newHttpClient();
  final CompletableFuture<Outcome> ended = new CompletableFuture<>();

  Served(Path folder, int devices, FakeEngine engine) {
    this(folder, devices, engine, ConfigFactory.empty());
  }

  Served(Path folder, int devices, FakeEngine engine, Config more) {
    this.node =
        PuzzleNode.alone(
            folder.resolve("journal"),
            devices,
            new Tools(engine, IncrementalSolver::new),
            more.withFallback(
                    ConfigFactory.parseString(
                        """
                        puzzle.http { enabled = on, port = 0, token-file = "%s" }
                        """
                            .formatted(folder.resolve("http-tokens"))))
                .withFallback(Examples.QUICK));
    this.http = node.http().orElseThrow();
    node.watch(
        fact -> {
          if (fact instanceof Feed.Ended e) {
            ended.complete(e.outcome());
          }
        });
  }

  void start(RunSpec spec, int layers) {
    node.desk().start(spec, layers, "hash");
  }

  Outcome outcome() throws Exception {
    return ended.get(60, TimeUnit.SECONDS);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(http.url() + path))
        .timeout(Duration.ofSeconds(30))
        .header("Authorization", "Bearer " + http.tokens().operator());
  }

  /** Sends a request and holds the answer against the OpenAPI document. */
  HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    CONTRACT.check(
        request.method(),
        request.uri().toString().substring(http.url().length()),
        response.statusCode(),
        response.headers().firstValue("Content-Type").orElse(""),
        response.body());
    return response;
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = send(request(path).build());
    if (response.statusCode() != 200) {
      throw new AssertionError(path + ": " + response.statusCode() + " " + response.body());
    }
    return JSON.readTree(response.body());
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  /** Reads events after a position until one of them is the last that is wanted. */
  List<Event> events(String run, String after, Predicate<Event> last) throws Exception {
    HttpResponse<InputStream> response =
        client.send(
            request("/api/v1/runs/" + run + "/events").header("Last-Event-ID", after).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      throw new AssertionError("events: " + response.statusCode());
    }
    List<Event> events = new ArrayList<>();
    try (InputStream body = response.body()) {
      read(body, event -> events.add(event) && last.test(event));
    }
    return events;
  }

  /** Gives events to a reader until it says that it has enough, or the stream ends. */
  static void read(InputStream body, Predicate<Event> enough) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
    String id = "";
    String type = "";
    JsonNode data = null;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("event: ")) {
        type = line.substring(7);
      } else if (line.startsWith("data: ")) {
        data = JSON.readTree(line.substring(6));
      } else if (line.isEmpty()) {
        if (data != null && enough.test(new Event(id, type, data))) {
          return;
        }
        id = "";
        type = "";
        data = null;
      }
    }
  }

  @Override
  public void close() {
    node.close();
  }
}

package puzzle.actors.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import puzzle.model.InvalidInputException;

/** Talks to a node's HTTP API as its operator. */
final class NodeClient {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final URI url;
  private final String token;

  /**
   * @param tokens the file that the node wrote
   * @throws InvalidInputException if it holds no operator's token
   */
  NodeClient(URI url, Path tokens) {
    this.url = url;
    this.token = operator(tokens);
  }

  HttpResponse<String> post(String path, JsonNode body) throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(url.resolve(path))
            .timeout(Duration.ofSeconds(40))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The reason in an answer that is not a success. */
  static String problem(HttpResponse<String> answer) {
    try {
      JsonNode json = JSON.readTree(answer.body());
      return json.path("detail").asText(answer.body())
          + (json.has("suggestion") ? "\n" + json.path("suggestion").asText() : "");
    } catch (IOException e) {
      return "status " + answer.statusCode();
    }
  }

  private static String operator(Path file) {
    try {
      for (String line : Files.readAllLines(file)) {
        if (line.startsWith("operator ")) {
          return line.substring(9).strip();
        }
      }
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": cannot be read: " + e.getMessage() + "\nMaybe the run has another store.", e);
    }
    throw new InvalidInputException(
        file + ": has no line 'operator TOKEN'.\nMaybe it is another file.");
  }
}

package puzzle.actors.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A headless Chromium, driven over the WebDriver protocol by chromedriver. */
final class Chromium implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DRIVER = "chromedriver";

  private final HttpClient client = HttpClient.newHttpClient();
  private final Process driver;
  private final String url;
  private String session;

  /** Why there is no browser here, or empty. */
  static String missing() {
    for (List<String> command : List.of(List.of("chromium", "--version"), List.of(DRIVER, "-v"))) {
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
          return command.get(0) + " does not start";
        }
      } catch (IOException e) {
        return "there is no " + command.get(0) + " here (Debian: chromium, chromium-driver)";
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return "interrupted";
      }
    }
    return "";
  }

  Chromium(Path profile, int width, int height, boolean dark) throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    this.url = "http://127.0.0.1:" + port;
    this.driver =
        new ProcessBuilder(DRIVER, "--port=" + port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (!ready()) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException("chromedriver did not start");
        }
        LockSupport.parkNanos(50_000_000);
      }
      ObjectNode wanted = JSON.createObjectNode();
      ObjectNode options =
          wanted
              .putObject("capabilities")
              .putObject("alwaysMatch")
              .put("browserName", "chrome")
              .putObject("goog:chromeOptions");
      ArrayNode arguments = options.putArray("args");
      List.of(
              "--headless",
              "--no-sandbox",
              "--disable-gpu",
              "--disable-quic",
              "--no-first-run",
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-sync",
              "--hide-scrollbars",
              "--user-data-dir=" + profile,
              "--window-size=" + width + "," + height)
          .forEach(arguments::add);
      session = call("POST", "/session", wanted).path("sessionId").asText();
      if (dark) {
        ObjectNode media = JSON.createObjectNode();
        media
            .putArray("features")
            .addObject()
            .put("name", "prefers-color-scheme")
            .put("value", "dark");
        devTools("Emulation.setEmulatedMedia", media);
      }
    } catch (Exception e) {
      driver.destroyForcibly();
      throw e;
    }
  }

  void open(String address) throws Exception {
    call("POST", "/session/" + session + "/url", JSON.createObjectNode().put("url", address));
  }

  /** Runs a function's body in the page. */
  JsonNode script(String body) throws Exception {
    ObjectNode script = JSON.createObjectNode().put("script", body);
    script.putArray("args");
    return call("POST", "/session/" + session + "/execute/sync", script);
  }

  /** Waits until an expression is true in the page. */
  void await(String expression) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!script("return !!(" + expression + ")").asBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "never true: "
                + expression
                + "; the page says: "
                + script("return document.body.innerText"));
      }
      LockSupport.parkNanos(50_000_000);
    }
  }

  /** Real mouse and keyboard events. */
  void devTools(String command, ObjectNode parameters) throws Exception {
    ObjectNode body = JSON.createObjectNode().put("cmd", command);
    body.set("params", parameters);
    call("POST", "/session/" + session + "/goog/cdp/execute", body);
  }

  void mouse(String type, double x, double y) throws Exception {
    devTools(
        "Input.dispatchMouseEvent",
        JSON.createObjectNode()
            .put("type", type)
            .put("x", x)
            .put("y", y)
            .put("button", "left")
            .put("buttons", type.equals("mouseReleased") ? 0 : 1)
            .put("clickCount", 1));
  }

  /** The whole page as a PNG. */
  void picture(Path file) throws Exception {
    ObjectNode body = JSON.createObjectNode().put("cmd", "Page.captureScreenshot");
    ObjectNode parameters = body.putObject("params").put("format", "png");
    parameters.put("captureBeyondViewport", true);
    parameters
        .putObject("clip")
        .put("x", 0)
        .put("y", 0)
        .put("width", script("return innerWidth").asInt())
        .put("height", script("return document.documentElement.scrollHeight").asInt())
        .put("scale", 1);
    String data =
        call("POST", "/session/" + session + "/goog/cdp/execute", body).path("data").asText();
    Files.createDirectories(file.getParent());
    Files.write(file, Base64.getDecoder().decode(data));
  }

  private boolean ready() {
    try {
      return call("GET", "/status", null).path("ready").asBoolean();
    } catch (Exception e) {
      return false;
    }
  }

  private JsonNode call(String method, String path, JsonNode body) throws Exception {
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .method(
                    method,
                    body == null
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body.toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    JsonNode value = JSON.readTree(response.body()).path("value");
    if (response.statusCode() != 200) {
      throw new IllegalStateException(path + ": " + value.path("message").asText());
    }
    return value;
  }

  @Override
  public void close() {
    try {
      if (session != null) {
        call("DELETE", "/session/" + session, null);
      }
    } catch (Exception e) {
      // The driver ends its browser when it is ended itself.
    } finally {
      driver.destroy();
    }
  }
}

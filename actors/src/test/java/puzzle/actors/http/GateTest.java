package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;

/** Who may do what, for every endpoint that the OpenAPI document names. */
class GateTest {

  private static final List<String> METHODS =
      List.of("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE");

  @TempDir static Path folder;

  private static Served served;
  private static JsonNode api;

  private static int requests;

  /** A raw answer. */
  private record Answer(int status, String headers, String body) {}

  @BeforeAll
  static void start() throws Exception {
    served =
        new Served(
            folder,
            1,
            new FakeEngine(),
            ConfigFactory.parseString("puzzle.http.body-patience = 1s"));
    served.start(Examples.small(folder), 2);
    served.outcome();
    api = served.get("/openapi.json");
    assertEquals(Served.CONTRACT.document(), api);
  }

  @AfterAll
  static void stop() {
    served.close();
  }

  @Test
  void theDocumentNamesWhatIsServedAndNothingElse() {
    Set<String> documented = new HashSet<>();
    for (Map.Entry<String, JsonNode> path : api.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> method : path.getValue().properties()) {
        documented.add(
            method.getKey().toUpperCase(java.util.Locale.ROOT)
                + " "
                + path.getKey()
                + " "
                + method.getValue().path("x-role").asText("-"));
      }
    }
    Set<String> served = new HashSet<>();
    for (Endpoint e : GateTest.served.http.endpoints()) {
      boolean page = e.path().equals("/") || e.path().matches("/[a-z]+\\.(html|css|js|svg)");
      if (!page) {
        served.add(e.method() + " " + e.path() + " " + (e.role() == null ? "-" : e.role().label()));
      } else {
        assertEquals(null, e.role(), e.path());
      }
    }
    assertEquals(documented, served);
  }

  @Test
  void everyRouteByEveryMethodIsOpenToThoseWhoMayAndNobodyElse() throws Exception {
    String viewer = served.http.tokens().viewer();
    String operator = served.http.tokens().operator();
    int checked = 0;
    requests = 0;
    for (Map.Entry<String, JsonNode> path : api.path("paths").properties()) {
      boolean open = false;
      for (JsonNode operation : path.getValue()) {
        open |= operation.path("x-role").isMissingNode();
      }
      String at = path.getKey().replace("{id}", "example").replace("{worker}", "w1");
      for (String method : METHODS) {
        JsonNode operation = path.getValue().path(method.toLowerCase(java.util.Locale.ROOT));
        String role = operation.path("x-role").asText("");
        String what = method + " " + at;
        if (!open) {
          for (String token : List.of("", "wrong", viewer + "x", "a".repeat(5000))) {
            int status = send(method, at, "localhost", null, token).status();
            // A header that is larger than any token may be refused as such.
            assertTrue(
                status == 401 || token.length() > 4000 && status == 431, what + " " + status);
          }
        }
        assertEquals(403, send(method, at, "evil.example", null, operator).status(), what);
        assertEquals(
            403, send(method, at, "localhost.evil.example", null, operator).status(), what);
        for (String origin :
            List.of("http://evil.example", "http://localhost:1", "null", "https://localhost")) {
          assertEquals(
              403, send(method, at, "localhost", origin, operator).status(), what + origin);
        }
        if (role.equals("operator")) {
          assertEquals(403, send(method, at, "localhost", null, viewer).status(), what);
        }
        if (operation.isMissingNode()) {
          int status = send(method, at, "localhost", null, operator).status();
          assertTrue(status == 405 || method.equals("TRACE") && status == 501, what + status);
        } else if (!at.endsWith("/events") && method.equals("GET")) {
          int status =
              send(method, at, "localhost", null, role.equals("operator") ? operator : viewer)
                  .status();
          assertTrue(status == 200 || status == 400 || status == 404, what + " " + status);
        }
        checked++;
      }
    }
    System.out.printf(
        "gate: %d routes x %d methods, %d requests%n", checked / 8, METHODS.size(), requests);
    assertTrue(checked >= 8 * 12, checked + " routes and methods");
  }

  @Test
  void theServersOwnPageMayTalkToItAndEveryAnswerIsGuarded() throws Exception {
    String own = "http://localhost:" + served.http.port();
    Answer answer = send("GET", "/api/v1/runs", "localhost", own, served.http.tokens().viewer());
    assertEquals(200, answer.status());
    for (String path : List.of("/", "/api/v1/runs", "/nothing")) {
      String headers = send("GET", path, "127.0.0.1", null, "").headers();
      assertTrue(headers.contains("content-security-policy: default-src 'self'"), headers);
      assertTrue(headers.contains("x-content-type-options: nosniff"), headers);
    }
  }

  @Test
  void aCookieIsAsGoodAsATokenAndNoScriptCanReadIt() throws Exception {
    Answer login =
        exchange(
            "POST /api/v1/login HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
                .formatted(served.http.port()),
            "{\"token\":\"" + served.http.tokens().viewer() + "\"}");
    assertEquals(200, login.status());
    String cookie =
        login.headers().lines().filter(l -> l.startsWith("set-cookie:")).findFirst().orElseThrow();
    assertTrue(cookie.contains("httponly") && cookie.contains("samesite=strict"), cookie);
    Answer wrong =
        exchange(
            "POST /api/v1/login HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\n"
                .formatted(served.http.port()),
            "{\"token\":\"nonsense\"}");
    assertEquals(401, wrong.status());
    String pair = "puzzle-" + served.http.port() + "=" + served.http.tokens().viewer();
    Answer me =
        exchange(
            "GET /api/v1/me HTTP/1.1\r\nHost: localhost:%d\r\nCookie: %s\r\n"
                .formatted(served.http.port(), pair),
            "");
    assertEquals("{\"role\":\"viewer\"}", me.body());
  }

  @Test
  void malformedBodiesAreRefusedAndTheServerLives() throws Exception {
    long seed = Long.getLong("fuzz.seed", 20261126);
    int cases = Integer.getInteger("fuzz.cases", 1500);
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, JsonNode> examples = new TreeMap<>();
    for (Map.Entry<String, JsonNode> path : api.path("paths").properties()) {
      JsonNode body = path.getValue().at("/post/requestBody/content/application~1json");
      if (!body.isMissingNode()) {
        examples.put(path.getKey(), body.path("example"));
      }
    }
    List<String> posts = List.copyOf(examples.keySet());
    Map<Integer, Integer> statuses = new TreeMap<>();
    for (int i = 0; i < cases; i++) {
      String template = posts.get(i % posts.size());
      byte[] body = BodyFuzzer.mutated(examples.get(template), random);
      String type = random.nextInt(12) == 0 ? "text/plain" : "application/json";
      String text = new String(body, StandardCharsets.UTF_8);
      boolean wrong =
          !type.equals("application/json") || !Served.CONTRACT.takes("POST", template, text);
      // Who asks for a task as one should waits for it.
      if (!wrong && template.endsWith("/lease")) {
        continue;
      }
      String path = template.replace("{id}", "example").replace("{worker}", "w1");
      Answer answer = exchange(head("POST", path, "Content-Type: " + type), body);
      String what = "seed %d case %d %s %s: %s".formatted(seed, i, path, text, answer);
      assertTrue(answer.status() < 500 && (answer.status() >= 400 || !wrong), what);
      if (answer.status() >= 400) {
        JsonNode problem = Served.JSON.readTree(answer.body());
        assertEquals(answer.status(), problem.path("status").asInt(), what);
        assertFalse(problem.path("detail").asText().isEmpty(), what);
      }
      statuses.merge(answer.status(), 1, Integer::sum);
    }
    System.out.printf("fuzzer: seed %d, %d bodies, answers %s%n", seed, cases, statuses);
    assertEquals("up", served.get("/health").path("status").asText());
  }

  @Test
  void aProblemNamesThePlaceTheValueAndWhatMayHelp() throws Exception {
    JsonNode problem =
        Served.JSON.readTree(
            served
                .post(
                    "/api/v1/runs/example/what-if",
                    "{\"limits\":[{\"stat\":\"thruput\",\"value\":2}]}")
                .body());
    assertEquals("/limits/0/stat", problem.path("pointer").asText());
    assertTrue(problem.path("detail").asText().contains("thruput"));
    assertTrue(problem.path("suggestion").asText().contains("throughput"));
  }

  @Test
  void whatIsTooLargeIsRefused() throws Exception {
    byte[] body = ("{\"limits\":[" + " ".repeat(3 << 20) + "]}").getBytes(StandardCharsets.UTF_8);
    Answer answer =
        exchange(
            head("POST", "/api/v1/runs/example/what-if", "Content-Type: application/json"), body);
    assertEquals(413, answer.status());
  }

  @Test
  void aBodyThatComesTooSlowlyIsRefusedAndHoldsUpNobody() throws Exception {
    String head = head("POST", "/api/v1/runs/example/what-if", "Content-Type: application/json");
    try (Socket slow = new Socket("127.0.0.1", served.http.port());
        Socket never = new Socket("127.0.0.1", served.http.port())) {
      slow.setSoTimeout(20_000);
      slow.getOutputStream()
          .write((head + "Content-Length: 100\r\n\r\n{").getBytes(StandardCharsets.US_ASCII));
      never.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      assertEquals("up", served.get("/health").path("status").asText());
      byte[] status = slow.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 408", new String(status, StandardCharsets.US_ASCII));
    }
  }

  @Test
  void aPortThatIsTakenIsRefusedUnlessAnyPortWillDo(@TempDir Path other) {
    String taken = "puzzle.http.port = %d, puzzle.http.any-port = ".formatted(served.http.port());
    try (Served any =
        new Served(other, 1, new FakeEngine(), ConfigFactory.parseString(taken + "on"))) {
      assertTrue(any.http.port() > 0 && any.http.port() != served.http.port());
    }
    Config exact = ConfigFactory.parseString(taken + "off");
    String message =
        assertThrows(
                IllegalStateException.class, () -> new Served(other, 1, new FakeEngine(), exact))
            .getMessage();
    assertTrue(message.contains(Integer.toString(served.http.port())), message);
  }

  @Test
  void tokensAreReadableByTheirOwnerAlone() throws Exception {
    Path file = folder.resolve("http-tokens");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    Path other = folder.resolve("shared-tokens");
    Tokens made = Tokens.at(other);
    assertEquals(made.viewer(), Tokens.at(other).viewer());
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rw-r-----"));
    assertThrows(IllegalArgumentException.class, () -> Tokens.at(other));
  }

  @Test
  void anAddressThatOthersReachWantsTlsOrAWord() {
    Config defaults = ConfigFactory.parseResources("http.conf").resolve();
    Config outside = ConfigFactory.parseString("puzzle.http.host = \"0.0.0.0\"");
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> HttpSettings.from(outside.withFallback(defaults)));
    assertTrue(refused.getMessage().contains("insecure"), refused.getMessage());
    Config said = ConfigFactory.parseString("puzzle.http.insecure = on");
    assertFalse(HttpSettings.from(said.withFallback(outside).withFallback(defaults)).tls());
  }

  private static String head(String method, String path, String... more) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: localhost:"
        + served.http.port()
        + "\r\nAuthorization: Bearer "
        + served.http.tokens().operator()
        + "\r\n"
        + String.join("\r\n", more)
        + "\r\n";
  }

  private static Answer send(String method, String path, String host, String origin, String token)
      throws IOException {
    return exchange(
        "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s%s"
            .formatted(
                method,
                path,
                host,
                served.http.port(),
                origin == null ? "" : "Origin: " + origin + "\r\n",
                token.isEmpty() ? "" : "Authorization: Bearer " + token + "\r\n"),
        "");
  }

  private static Answer exchange(String head, String body) throws IOException {
    return exchange(head, body.getBytes(StandardCharsets.UTF_8));
  }

  /** What no HTTP client would send. */
  private static Answer exchange(String head, byte[] body) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", served.http.port())) {
      socket.setSoTimeout(30_000);
      OutputStream out = socket.getOutputStream();
      String length =
          body.length > 0 || head.startsWith("P") ? "Content-Length: " + body.length + "\r\n" : "";
      out.write(
          (head + length + "Connection: close\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      try {
        out.write(body);
        out.flush();
      } catch (IOException e) {
        // The answer may come before all of the body was taken.
      }
      ByteSink sink = new ByteSink(socket.getInputStream());
      String text = sink.all();
      int end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        throw new AssertionError("no answer to " + head + ": " + text);
      }
      String headers = text.substring(0, end).toLowerCase(java.util.Locale.ROOT);
      Answer answer =
          new Answer(Integer.parseInt(text.substring(9, 12)), headers, text.substring(end + 4));
      requests++;
      // Too large a header is refused before anybody looks at the path.
      if (answer.status() != 431) {
        String[] first = head.substring(0, head.indexOf("\r\n")).split(" ");
        String type =
            headers
                .lines()
                .filter(l -> l.startsWith("content-type:"))
                .map(l -> l.substring(13).strip())
                .findFirst()
                .orElse("");
        Served.CONTRACT.check(first[0], first[1], answer.status(), type, answer.body());
      }
      return answer;
    }
  }

  /** Everything until the other side closes or breaks the connection. */
  private record ByteSink(InputStream in) {
    String all() {
      java.io.ByteArrayOutputStream bytes = new java.io.ByteArrayOutputStream();
      byte[] part = new byte[8192];
      try {
        for (int n = in.read(part); n >= 0; n = in.read(part)) {
          bytes.write(part, 0, n);
        }
      } catch (IOException e) {
        // What came before counts.
      }
      return bytes.toString(StandardCharsets.UTF_8);
    }
  }
}

package puzzle.actors.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Failure;
import puzzle.model.RunSpec;

/** The dashboard in a browser, as a person uses it. Pictures are left in target/dashboard. */
class DashboardIT {

  private static final Path PICTURES = Path.of("target/dashboard");

  @TempDir Path folder;

  @BeforeAll
  static void browser() {
    String missing = Chromium.missing();
    assumeTrue(missing.isEmpty(), missing);
  }

  @Test
  void aPointALimitARetryAndAServerThatComesBack() throws Exception {
    RunSpec spec = Examples.small(folder.resolve("run"));
    int port;
    boolean[] retried = {false};
    try (Chromium page = new Chromium(folder.resolve("profile"), 1480, 1000, false)) {
      FakeEngine.Script failing =
          FakeEngine.failing("bld/1/kv-2", spec.retries().attempts(), Failure.Kind.TIMED_OUT);
      FakeEngine.Script slow = FakeEngine.lasting(40);
      FakeEngine engine =
          new FakeEngine(
              (task, monitor) -> {
                slow.before(task, monitor);
                failing.before(task, monitor);
              });
      try (Served served = new Served(folder, 2, engine)) {
        port = served.http.port();
        page.open(served.http.dashboardUrl());
        page.await("!document.getElementById('empty').hidden");
        assertEquals("", page.script("return location.hash").asText(), "the token is not kept");
        served.start(spec, 3);
        page.await("document.querySelector('#figures b')");
        page.await("document.querySelectorAll('#front circle.point').length > 0");
        served.outcome();
        page.await("document.querySelector('#phases li.now').textContent === 'quarantined'");

        // A point of the Pareto front shows its architecture.
        page.await("document.querySelector('[data-key^=\"Pareto front 2 \"]')");
        click(page, "[data-key^=\"Pareto front 2 \"]");
        page.await(
            "document.querySelector('#strip .hint').textContent.startsWith('Pareto front 2 ')");

        // Dragging the limit asks a what-if.
        JsonNode grip = box(page, ".handle .grip");
        double x = grip.path("x").asDouble() + 5;
        double y = grip.path("y").asDouble() + 9;
        page.mouse("mousePressed", x, y);
        page.mouse("mouseMoved", x + 40, y);
        page.mouse("mouseMoved", x + 60, y);
        page.mouse("mouseReleased", x + 60, y);
        page.await("document.querySelector('#front .hint').textContent.startsWith('what if: KL')");

        // What failed is grouped by its cause, and can be tried again.
        assertTrue(
            page.script("return document.getElementById('failures').innerText")
                .asText()
                .contains("timed out"));
        page.picture(PICTURES.resolve("small.png"));
        page.await("!document.getElementById('retry').hidden");
        click(page, "#retry");
        served.events(
            "example",
            "0",
            e -> {
              retried[0] |= e.type().equals("failed-retried");
              return retried[0] && e.type().equals("run-ended");
            });
        page.await("document.querySelector('#phases li.now').textContent === 'done'");
        assertEquals(
            "done",
            page.script("return document.querySelector('#phases li.now').textContent").asText());
      }
      // The server is gone: the page says so, and continues by itself once it is back.
      page.await("document.getElementById('link').className === 'down'");
      assertFalse(page.script("return document.getElementById('banner').hidden").asBoolean());
      Config same = ConfigFactory.parseString("puzzle.http.port = " + port);
      try (Served served = new Served(folder, 1, new FakeEngine(), same)) {
        page.await("document.getElementById('link').className === 'up'");
        assertEquals(
            served.get("/api/v1/runs/example").path("position").asText(),
            page.script("return document.documentElement.dataset.position").asText());
      }
    }
  }

  @Test
  void isReadableAt126LayersOf54BlocksByKeyboardAndInTheDark() throws Exception {
    RunSpec spec = Examples.spec(folder.resolve("run"));
    Config quiet = ConfigFactory.parseString("puzzle.solver { settle = 2s, limit = 2s }");
    try (Served served = new Served(folder, 16, new FakeEngine(FakeEngine.lasting(3)), quiet);
        Chromium page = new Chromium(folder.resolve("profile"), 1600, 1000, true)) {
      served.start(spec, 126);
      page.open(served.http.dashboardUrl());
      page.await("document.querySelector('#figures b')");
      // Half way: most of the library is trained, blocks are being scored.
      page.await(
          "parseInt(document.querySelectorAll('#figures b')[4].textContent.replace(/,/g, '')) > 2000");
      page.script("document.querySelector('#grid canvas').focus()");
      for (int i = 0; i < 3; i++) {
        page.script(
            "document.querySelector('#grid canvas').dispatchEvent(new KeyboardEvent('keydown',"
                + " {key: 'ArrowRight', bubbles: true}))");
      }
      assertTrue(
          page.script("return document.getElementById('said').textContent")
              .asText()
              .startsWith("layer 3,"));
      page.script("document.activeElement.blur(); window.scrollTo(0, 0)");
      page.picture(PICTURES.resolve("large-dark.png"));
      double millis =
          page.script(
                  "const t = performance.now(); dispatchEvent(new Event('resize'));"
                      + " return performance.now() - t")
              .asDouble();
      assertTrue(millis < 500, "redraws in " + millis + " ms");
    }
  }

  private static void click(Chromium page, String selector) throws Exception {
    page.script("document.querySelector('" + selector + "').scrollIntoView({block: 'center'})");
    JsonNode box = box(page, selector);
    double x = box.path("x").asDouble() + box.path("width").asDouble() / 2;
    double y = box.path("y").asDouble() + box.path("height").asDouble() / 2;
    page.mouse("mousePressed", x, y);
    page.mouse("mouseReleased", x, y);
  }

  private static JsonNode box(Chromium page, String selector) throws Exception {
    return page.script(
        "return document.querySelector('" + selector + "').getBoundingClientRect().toJSON()");
  }
}

package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import puzzle.engine.machine.HostMemory;
import puzzle.model.InvalidInputException;

class PlanCommandTest {

  private static final String LARGE = "../examples/llama-70b/puzzle.yaml";
  private static final String TINY = "../examples/tiny/puzzle.yaml";

  private Exception thrown;

  private String plan(int expected, String... arguments) {
    StringWriter out = new StringWriter();
    thrown = null;
    int code =
        new CommandLine(new PlanCommand())
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(out))
            .setExecutionExceptionHandler(
                (e, line, result) -> {
                  thrown = e;
                  return e instanceof InvalidInputException ? 3 : 1;
                })
            .execute(arguments);
    assertEquals(expected, code, out + " " + thrown);
    return out.toString();
  }

  @Test
  void plansASearchOfSeventyBillionParametersFromItsConfigAlone() throws IOException {
    JsonNode plan =
        new ObjectMapper()
            .readTree(plan(0, LARGE, "--hardware", "h100", "--devices", "64", "--output", "json"));
    assertEquals(70_553_706_496L, plan.get("params").asLong());
    assertEquals(7, plan.get("phases").size());
    JsonNode library = plan.get("phases").get(2);
    // 80 layers of 3 + 1 attention and 6 + 1 FFN variants that are trained.
    assertEquals(80 * (4 + 7), library.get("tasks").asLong());
    assertEquals(80 * 53, plan.get("phases").get(3).get("tasks").asLong());
    assertTrue(library.get("device_hours").asDouble() > 100, library.toString());
    assertEquals(
        library.get("device_hours").asDouble() / 64, library.get("elapsed_hours").asDouble(), 1e-9);
    double sum = 0;
    for (JsonNode phase : plan.get("phases")) {
      sum += phase.get("device_hours").asDouble();
    }
    assertEquals(sum, plan.get("device_hours").asDouble(), 1e-6);
    assertTrue(plan.get("disk_bytes").asLong() > 0);
    assertTrue(plan.get("memory_bytes").asLong() > 0);
    assertTrue(plan.get("uncertainty").asDouble() > 0);
    assertTrue(plan.get("source").asText().contains("model of h100"));
    assertTrue(plan(0, LARGE, "--hardware", "h200").contains("device-hours"));
  }

  @Test
  void plansARunOnThisMachineFromABriefMeasurement() throws IOException {
    JsonNode plan = new ObjectMapper().readTree(plan(0, TINY, "--output", "json"));
    assertEquals("local", plan.get("hardware").asText());
    assertTrue(plan.get("source").asText().startsWith("timed on this machine"));
    for (JsonNode phase : plan.get("phases")) {
      boolean idle = phase.get("phase").asText().equals("export");
      assertEquals(!idle, phase.get("device_hours").asDouble() > 0, phase.toString());
    }
  }

  @Test
  void saysWhatItCannotPlan() {
    System.setProperty(HostMemory.PROPERTY, "16000000000");
    try {
      plan(3, LARGE);
    } finally {
      System.clearProperty(HostMemory.PROPERTY);
    }
    assertTrue(thrown.getMessage().contains(" of memory on 1 device(s)"), thrown.getMessage());
    plan(3, LARGE, "--hardware", "a100");
    assertTrue(thrown.getMessage().contains("known are h100, h200"), thrown.getMessage());
    plan(3, TINY, "--devices", "0");
    assertTrue(thrown.getMessage().contains("--devices is 0"), thrown.getMessage());
    plan(3, "nowhere.yaml");
    assertTrue(thrown.getMessage().contains("no such file"), thrown.getMessage());
  }
}

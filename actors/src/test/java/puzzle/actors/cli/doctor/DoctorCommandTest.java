package puzzle.actors.cli.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import puzzle.actors.cli.console.ExitCode;

class DoctorCommandTest {

  @TempDir Path folder;

  @Test
  void findsThisMachineFitAndLeavesNothingBehind() throws Exception {
    StringWriter text = new StringWriter();
    int code = doctor(text, folder);
    JsonNode report = new ObjectMapper().readTree(text.toString());
    assertEquals(ExitCode.DONE, code, text.toString());
    assertTrue(report.path("ok").asBoolean());
    Set<String> subjects = new TreeSet<>();
    report.path("findings").forEach(f -> subjects.add(f.path("subject").asText()));
    assertEquals(
        Set.of("java", "processors", "memory", "tensors", "store", "journal", "loopback", "gpu"),
        subjects);
    try (var left = Files.list(folder)) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aStoreThatIsNotThereIsSaidWithWhatToDo() throws Exception {
    StringWriter text = new StringWriter();
    assertEquals(ExitCode.VERIFICATION_FAILED, doctor(text, folder.resolve("absent")));
    JsonNode report = new ObjectMapper().readTree(text.toString());
    assertFalse(report.path("ok").asBoolean());
    for (JsonNode finding : report.path("findings")) {
      if (finding.path("subject").asText().equals("store")) {
        assertEquals("FAILED", finding.path("state").asText());
        assertTrue(finding.path("detail").asText().contains("absent"));
        assertTrue(finding.path("maybe").asText().contains("--store"));
      }
    }
  }

  private static int doctor(StringWriter text, Path store) {
    CommandLine line = new CommandLine(new DoctorCommand());
    line.setOut(new PrintWriter(text));
    return line.execute("--output", "json", "--store", store.toString());
  }
}

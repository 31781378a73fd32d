package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import puzzle.actors.cli.console.ExitCode;

/** Whoever comes for the first time is told what to do next. */
class FirstUseTest {

  private static final Path EXAMPLE = Path.of("../examples/tiny/puzzle.yaml");

  @TempDir Path folder;

  private static String puzzle(int expected, String... arguments) {
    StringWriter said = new StringWriter();
    CommandLine line = PuzzleCli.line();
    line.setOut(new PrintWriter(said)).setErr(new PrintWriter(said));
    assertEquals(expected, line.execute(arguments), said::toString);
    return said.toString();
  }

  @Test
  void theHelpNamesEveryCommandWithAWholeSentenceAndTheFirstSteps() {
    String help = puzzle(ExitCode.DONE, "--help");
    assertTrue(help.contains("puzzle run examples/tiny/puzzle.yaml"), help);
    assertTrue(help.contains("puzzle doctor"), help);
    assertEquals(help, puzzle(ExitCode.USAGE));
    for (CommandLine command : PuzzleCli.line().getSubcommands().values()) {
      String[] description = command.getCommandSpec().usageMessage().description();
      String first = description[0];
      assertTrue(first.endsWith(".") || description.length == 1, command.getCommandName());
    }
  }

  @Test
  void aWrongCommandOrOptionIsAnsweredWithTheNearestAndWhereHelpIs() {
    assertTrue(puzzle(ExitCode.USAGE, "rum").contains("run"));
    String option = puzzle(ExitCode.USAGE, "run", "--devises", "3", "x.yaml");
    assertTrue(option.contains("--devices"), option);
    assertTrue(option.contains("puzzle run --help"), option);
    assertTrue(puzzle(ExitCode.USAGE, "run").contains("Maybe see puzzle run --help."));
    assertTrue(option.lines().count() <= 3, option);
  }

  @Test
  void aWrongRunFileIsAnsweredWithThePlaceAndWhatWasMeant() throws IOException {
    String good =
        Files.readString(EXAMPLE)
            .replace("parent: parent", "parent: " + EXAMPLE.resolveSibling("parent").toRealPath());
    refused(good.replace("target:", "tagret:"), "tagret", "unknown key 'tagret', did you mean");
    refused(good.replace("corpus:", "corups:"), "corups", "unknown key 'corups', did you mean");
    refused(good.replace("throughput:", "troughput:"), "troughput", "unknown key 'troughput'");
    refused(good.replace("1.6 x parent", "1.6 x parents"), "1.6 x parents", "target.limits");
    refused(good.replace("steps: 50", "steps: fifty"), "fifty", "");
    String missing = puzzle(ExitCode.INVALID_INPUT, "run", folder.resolve("no.yaml").toString());
    assertTrue(missing.contains("Maybe examples/tiny/puzzle.yaml"), missing);
  }

  /**
   * @param wrong what the message has to point at
   */
  private void refused(String text, String wrong, String what) throws IOException {
    Path file = Files.writeString(folder.resolve("run.yaml"), text);
    int at = text.indexOf(wrong);
    long line = 1 + text.substring(0, at).chars().filter(c -> c == '\n').count();
    String place = "run.yaml:%d:%d: ".formatted(line, at - text.lastIndexOf('\n', at));
    for (String command : new String[] {"validate", "run"}) {
      String said = puzzle(ExitCode.INVALID_INPUT, command, file.toString());
      assertTrue(said.contains(place + what), said);
      assertTrue(said.lines().toList().get(1).startsWith("Maybe "), said);
      assertFalse(said.contains("Exception"), said);
    }
  }
}

package puzzle.actors.drill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.work.Chronicle;

class RecoveryTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void aTaskIsRedoneWithItsFirstStepAfterTheKill() {
    Recovery recovery =
        new Recovery(
            Stream.of(
                line(1, "a", "begun r bld/0/kv-2 1"),
                line(2, "a", "stepped r bld/0/kv-2 1"),
                line(9, "b", "begun r bld/0/kv-2 2"),
                line(11, "b", "stepped r bld/0/kv-2 2"),
                line(12, "b", "recorded r TaskFinished bld/0/kv-2 2")));
    assertEquals(List.of(Duration.ofSeconds(8)), recovery.redone(kill(3, "a")));
    assertEquals(List.of(), recovery.redone(kill(3, "b")));
  }

  @Test
  void aResultThatWasRecordedIsNotLost() {
    Recovery recovery =
        new Recovery(
            Stream.of(
                line(1, "a", "begun r score/0/x 1"),
                line(2, "a", "finished r score/0/x 1"),
                line(4, "b", "recorded r TaskFinished score/0/x 1")));
    assertEquals(List.of(), recovery.redone(kill(3, "a")));
  }

  @Test
  void poolAndSolverAreBackWithTheLaterOfTheirFirstAnswers() {
    Recovery recovery =
        new Recovery(
            Stream.of(
                line(1, "a", "pool started"),
                line(1, "a", "solver-started r"),
                line(10, "b", "dispatched r score/0/x 2"),
                line(12, "b", "solved r")));
    assertEquals(Optional.of(Duration.ofSeconds(9)), recovery.back(kill(3, "a")));
    assertEquals(Optional.empty(), recovery.back(kill(3, "b")));
  }

  @Test
  void aPoolWithNothingLeftToSendIsBackWhenItHasStarted() {
    Recovery recovery =
        new Recovery(
            Stream.of(
                line(1, "a", "pool started"),
                line(2, "a", "dispatched r export 1"),
                line(10, "b", "pool started"),
                line(30, "b", "dispatched s record 1")));
    assertEquals(Optional.of(Duration.ofSeconds(7)), recovery.back(kill(3, "a")));
  }

  @Test
  void theSlowestSampleIsTheLastPercentile() {
    Percentiles p = Percentiles.of(Stream.of(4, 1, 3, 2).map(s -> Duration.ofSeconds(s)).toList());
    assertEquals(new Percentiles(2.0, 4.0, 4.0), p);
  }

  @Test
  void linesAreReadAsTheLogWritesThemWithAndWithoutContext(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("node.log");
    try (Log written = new Log(log)) {
      written.say("pool started");
      written.say("begun r bld/0/kv-2 1", "run", "r", "task", "bld/0/kv-2", "attempt", "1");
      written.say("recorded r TaskFinished score/0/x 1", "pekkoSource", "pekko://puzzle/user/x");
    }
    Chronicles chronicles = new Chronicles();
    chronicles.follow("a", log);
    assertEquals(
        List.of("pool", "begun", "recorded"),
        chronicles.lines().map(Chronicles.Line::verb).toList());
    assertEquals(2, chronicles.of("r").count());
    assertEquals(List.of(1, 1), chronicles.of("r").map(Chronicles.Line::attempt).toList());
  }

  @Test
  void halfALineIsReadOnceItIsWhole(@TempDir Path folder) throws Exception {
    Path log = folder.resolve("node.log");
    try (Log written = new Log(log)) {
      written.say("pool started");
    }
    String line = Files.readString(log);
    Files.writeString(log, line + line.substring(0, 30));
    Chronicles chronicles = new Chronicles();
    chronicles.follow("a", log);
    assertEquals(1, chronicles.lines().count());
    Files.writeString(log, line + line);
    chronicles.follow("a", log);
    assertEquals(List.of("pool", "pool"), chronicles.lines().map(Chronicles.Line::verb).toList());
  }

  /** A node's log with the format that is shipped. */
  private static final class Log implements AutoCloseable {

    private final LoggerContext context = new LoggerContext();

    Log(Path file) throws Exception {
      context.setMDCAdapter(new LogbackMDCAdapter());
      context.putProperty("puzzle.log", file.toString());
      JoranConfigurator configurator = new JoranConfigurator();
      configurator.setContext(context);
      configurator.doConfigure(Chronicle.class.getResource("/logback.xml"));
    }

    void say(String message, String... words) {
      for (int i = 0; i < words.length; i += 2) {
        context.getMDCAdapter().put(words[i], words[i + 1]);
      }
      context.getLogger(Chronicle.NAME).info(message);
      context.getMDCAdapter().clear();
    }

    @Override
    public void close() {
      context.stop();
    }
  }

  private static Kill kill(long second, String node) {
    return new Kill("r", Kill.Kind.WORKER, "bld", START.plusSeconds(second), List.of(node));
  }

  private static Chronicles.Line line(long second, String node, String words) {
    return new Chronicles.Line(START.plusSeconds(second), node, List.of(words.split(" ")));
  }
}

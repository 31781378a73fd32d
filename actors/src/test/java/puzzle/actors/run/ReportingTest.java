package puzzle.actors.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.model.Outcome;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;

class ReportingTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Outcome CANCELLED = new Outcome(Outcome.Kind.CANCELLED, "enough");

  @TempDir Path folder;

  private final Reporting reporting = new Reporting(Runnable::run);

  @Test
  void oneReportIsWrittenAtATimeAndEndsTheRun() {
    Reporting.Written written = write(folder);
    assertEquals(CANCELLED, written.outcome());
    assertTrue(Files.exists(folder.resolve("report.json")));
    assertEquals(Optional.empty(), reporting.write(ended(folder)), "the first is not judged yet");
    assertTrue(reporting.counts(written));
    assertTrue(reporting.write(ended(folder)).isPresent());
  }

  @Test
  void aReportFromBeforeAnOrderDoesNotEndTheRun() {
    Reporting.Written early = write(folder);
    reporting.startOver();
    assertFalse(reporting.counts(early));
    assertTrue(reporting.counts(write(folder)));
  }

  @Test
  void aFolderThatTakesNothingIsTriedAgain() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "in the way");
    Reporting.Written written = write(file.resolve("store"));
    assertEquals(Outcome.Kind.FAILED, written.outcome().kind());
    assertTrue(written.retried(), written.outcome()::detail);
  }

  private Reporting.Written write(Path store) {
    return reporting.write(ended(store)).orElseThrow().toCompletableFuture().join();
  }

  private static RunState ended(Path store) {
    return RunState.EMPTY
        .on(new RunEvent.RunStarted(Examples.small(store), 1, "hash", AT))
        .on(new RunEvent.RunEnded(CANCELLED, AT));
  }
}

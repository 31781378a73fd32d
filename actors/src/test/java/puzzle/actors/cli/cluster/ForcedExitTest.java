package puzzle.actors.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import puzzle.actors.cli.console.ExitCode;

class ForcedExitTest {

  @Test
  void whoeverIsStillThereIsEndedAsOneTheClusterWentOnWithout() throws Exception {
    CompletableFuture<Integer> status = new CompletableFuture<>();
    new ForcedExit(Duration.ofMillis(20), status::complete).begin();
    assertEquals(ExitCode.REFUSED, status.get(10, TimeUnit.SECONDS));
  }

  @Test
  void aForcedExitNamesTheThreadsThatAreBusy() {
    Thread busy =
        new Thread(
            () -> {
              while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
              }
            },
            "a-hanging-kernel");
    busy.start();
    try {
      assertTrue(ForcedExit.busy().contains("a-hanging-kernel RUNNABLE"), ForcedExit::busy);
    } finally {
      busy.interrupt();
    }
  }
}

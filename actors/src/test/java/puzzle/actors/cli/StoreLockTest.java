package puzzle.actors.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.cli.console.RefusedException;
import puzzle.model.InvalidInputException;

class StoreLockTest {

  @TempDir Path folder;

  @Test
  void oneAtATimeHasAStore() {
    Path store = folder.resolve("runs/tiny");
    try (StoreLock first = StoreLock.take(store, false)) {
      String message =
          assertThrows(RefusedException.class, () -> StoreLock.take(store, false)).getMessage();
      assertTrue(message.contains("another process"), message);
      assertEquals(store, first.folder());
    }
    StoreLock.take(store, false).close();
  }

  @Test
  void startingOverMovesAnEarlierRunAside() throws IOException {
    Path store = folder.resolve("tiny");
    Files.createDirectories(store.resolve("journal"));
    Files.writeString(store.resolve("report.json"), "{}");
    StoreLock.take(store, true).close();
    assertFalse(Files.exists(store.resolve("report.json")));
    assertTrue(Files.exists(folder.resolve("tiny-1/report.json")));
    StoreLock.take(store, true).close();
    assertFalse(Files.exists(folder.resolve("tiny-2")), "there was no run to move");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    String message =
        assertThrows(InvalidInputException.class, () -> StoreLock.take(file.resolve("x"), false))
            .getMessage();
    assertTrue(message.contains("cannot be written"), message);
    assertThrows(InvalidInputException.class, () -> StoreLock.take(folder.resolve("a;b"), false));
  }
}

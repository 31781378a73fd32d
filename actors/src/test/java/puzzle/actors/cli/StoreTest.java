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
import puzzle.engine.InvalidInputException;

class StoreTest {

  @TempDir Path folder;

  @Test
  void oneAtATimeHasAStore() {
    Path store = folder.resolve("runs/tiny");
    try (Store first = Store.take(store, false)) {
      String message =
          assertThrows(RefusedException.class, () -> Store.take(store, false)).getMessage();
      assertTrue(message.contains("another process"), message);
      assertEquals(store, first.folder());
    }
    Store.take(store, false).close();
  }

  @Test
  void startingOverMovesAnEarlierRunAside() throws IOException {
    Path store = folder.resolve("tiny");
    Files.createDirectories(store.resolve("journal"));
    Files.writeString(store.resolve("report.json"), "{}");
    Store.take(store, true).close();
    assertFalse(Files.exists(store.resolve("report.json")));
    assertTrue(Files.exists(folder.resolve("tiny-1/report.json")));
    Store.take(store, true).close();
    assertFalse(Files.exists(folder.resolve("tiny-2")), "there was no run to move");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    String message =
        assertThrows(InvalidInputException.class, () -> Store.take(file.resolve("x"), false))
            .getMessage();
    assertTrue(message.contains("cannot be written"), message);
    assertThrows(InvalidInputException.class, () -> Store.take(folder.resolve("a;b"), false));
  }
}

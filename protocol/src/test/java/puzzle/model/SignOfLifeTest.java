package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignOfLifeTest {

  @TempDir Path folder;

  @Test
  void hashingAFileGivesSignsAllAlong() throws IOException {
    Path file = Files.write(folder.resolve("large"), new byte[1 << 20]);
    AtomicInteger signs = new AtomicInteger();
    SignOfLife.during(signs::incrementAndGet, () -> hash(file));
    assertTrue(signs.get() >= 16, signs + " signs");
  }

  @Test
  void workThatIsNoLongerWantedStopsAtItsNextSign() throws IOException {
    Path file = Files.write(folder.resolve("large"), new byte[1 << 20]);
    Runnable cancelled =
        () -> {
          throw new CancellationException("stop");
        };
    assertThrows(CancellationException.class, () -> SignOfLife.during(cancelled, () -> hash(file)));
    hash(file);
  }

  @Test
  void signsAreThoseOfTheInnermostTaskOfTheThread() {
    AtomicInteger outer = new AtomicInteger();
    AtomicInteger inner = new AtomicInteger();
    SignOfLife.during(
        outer::incrementAndGet,
        () -> {
          SignOfLife.during(
              inner::incrementAndGet,
              () -> {
                SignOfLife.give();
                return null;
              });
          SignOfLife.give();
          return null;
        });
    SignOfLife.give();
    assertEquals(1, outer.get());
    assertEquals(1, inner.get());
  }

  private static String hash(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

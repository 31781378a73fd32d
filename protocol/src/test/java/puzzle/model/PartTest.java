package puzzle.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PartTest {

  @Test
  void partsFollowEachOtherInWholeBatchesFromTheFirstItemToTheLast() {
    long seed = 5;
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 2000; i++) {
      int items = random.nextInt(200);
      int unit = 1 + random.nextInt(9);
      int of = 1 + random.nextInt(12);
      int at = 0;
      for (int index = 0; index < of; index++) {
        Part part = new Part(index, of, unit);
        assertEquals(at, part.from(items), part + " of " + items);
        assertTrue(at % unit == 0 || at == items, part + " of " + items);
        at = part.to(items);
        assertTrue(at >= part.from(items), part + " of " + items);
      }
      assertEquals(items, at, of + " parts of " + items);
    }
  }

  @Test
  void partsOfManyBatchesDifferByOneBatchAtMost() {
    for (int index = 0; index < 7; index++) {
      Part part = new Part(index, 7, 8);
      int batches = (part.to(1600) - part.from(1600)) / 8;
      assertTrue(batches == 28 || batches == 29, part.toString());
    }
  }

  @Test
  void aPartOutsideTheWholeIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Part(3, 3, 1));
    assertThrows(IllegalArgumentException.class, () -> new Part(0, 1, 0));
  }
}

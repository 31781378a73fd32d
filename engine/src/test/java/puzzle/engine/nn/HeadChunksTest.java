package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeadChunksTest {

  @Test
  void aChunkHoldsAtMostItsLogitsAndAlwaysAToken() {
    assertEquals(65_536, HeadChunks.tokens(256));
    assertEquals(130, HeadChunks.tokens(128_256));
    assertTrue(HeadChunks.bytes(128_256, 1 << 20) <= 64 << 20);
    assertEquals(1, HeadChunks.tokens(Integer.MAX_VALUE));
    assertEquals(Integer.MAX_VALUE * 4L, HeadChunks.bytes(Integer.MAX_VALUE, 5));
  }

  @Test
  void chunksAreConsecutiveAndCoverAllTokens() {
    List<Long> chunks = new ArrayList<>();
    long[] next = {0};
    HeadChunks.forEach(
        1 << 22,
        10,
        (first, count) -> {
          assertEquals(next[0], first);
          chunks.add((long) count);
          next[0] += count;
        });
    assertEquals(List.of(4L, 4L, 2L), chunks);
  }

  @Test
  void countsTokensBeyondAnInt() {
    long tokens = 5L << 30;
    long[] last = {0, 0};
    HeadChunks.forEach(
        1,
        tokens,
        (first, count) -> {
          last[0]++;
          last[1] = first + count;
        });
    assertEquals(tokens / HeadChunks.LOGITS, last[0]);
    assertEquals(tokens, last[1]);
  }
}

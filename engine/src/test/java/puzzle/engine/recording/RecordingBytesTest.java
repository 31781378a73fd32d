package puzzle.engine.recording;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.safetensors.ElementType;

/** Sizes of the real thing: Llama-3.1-70B on sequences of 4,096 tokens. */
class RecordingBytesTest {

  private static final long TRAIN = 2048;
  private static final long BUDGET = 2_000_000_000_000L;
  private static final int LENGTH = 4096;

  private final DecoderConfig config =
      HuggingFaceConfig.read(Path.of("../examples/llama-70b/parent"));
  private final RecordingBytes half = new RecordingBytes(config, LENGTH, ElementType.BF16);
  private final RecordingBytes single = new RecordingBytes(config, LENGTH, ElementType.F32);

  @Test
  void sixteenBitsTakeAQuarterAsTheStateInTheMiddleIsRecomputed() {
    assertFalse(half.middle());
    assertTrue(single.middle());
    long state = TRAIN * LENGTH * config.hiddenSize();
    assertEquals(81 * 2 * state, half.training(TRAIN, 0));
    assertEquals(161 * 4 * state, single.training(TRAIN, 0));
  }

  @Test
  void attentionOverLongSequencesIsRecordedNotRecomputed() {
    assertTrue(new RecordingBytes(config, 1 << 20, ElementType.BF16).middle());
  }

  @Test
  void aBudgetKeepsAsManyLayersAsGoIn() {
    long layer = TRAIN * LENGTH * config.hiddenSize() * 2;
    assertEquals(BUDGET / layer * layer, half.training(TRAIN, BUDGET));
    assertEquals(2 * layer, half.least(TRAIN));
    long all = half.training(TRAIN, BUDGET) + half.everyLayer(64) + half.last(128);
    assertTrue(all < 3_000_000_000_000L, all + " bytes");
  }
}

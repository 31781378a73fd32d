package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;

class TensorsTest {

  @Test
  void runsOfATensorAreReadFromAnyElementOn() {
    DecoderConfig config = SmallModels.llama();
    WeightSource weights = SmallModels.weights(config, 1);
    String name = TensorLayout.EMBEDDING;
    float[] all = new float[config.vocabSize() * config.hiddenSize()];
    weights.fp32(name).get(all);
    try (NDManager manager = Tensors.root().newSubManager()) {
      float[] run = new float[6];
      System.arraycopy(all, 5, run, 0, 6);
      assertArrayEquals(run, Tensors.read(manager, weights, name, 5, 2, 3).toFloatArray());
      float[] gathered = {all[9], all[10], all[0], all[1], all[9], all[10]};
      assertArrayEquals(
          gathered,
          Tensors.gather(manager, weights, name, new long[] {9, 0, 9}, 3, 2).toFloatArray());
    }
  }
}

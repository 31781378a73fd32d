package puzzle.engine.data;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.pretrain.Pretraining;
import puzzle.engine.pretrain.TinyParent;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.Block;

/** The parent that ships with the demo is worth compressing. */
class TinyParentTest {

  private static final Path PARENT = Path.of("../examples/tiny/parent");
  private static final int TOKENS = 129;
  private static final int BATCH = 16;

  private PackedSequences speeches;
  private int[][] heldOut;

  @BeforeEach
  void open() {
    speeches =
        new PackedSequences(
            Corpus.open(PackedSequencesTest.EUROPARL),
            Tokenizer.open(PARENT),
            new Packing(TOKENS, 256, TinyParent.SEPARATOR, 0.02, Packing.SPLIT_SEED, 1));
    heldOut = speeches.validation(96);
  }

  @Test
  void beatsAnOrderTwoModelOfTheSameTextClearly() {
    double orderTwo = new OrderTwoByteModel(speeches.train(100_000)).natsPerByte(heldOut);
    double parent = loss(HuggingFaceConfig.read(PARENT));
    System.out.printf(
        "held out, nats/byte: parent %.4f, order-2 byte model %.4f%n", parent, orderTwo);
    assertTrue(parent < 0.9 * orderTwo, parent + " against " + orderTwo);
  }

  @Test
  void needsEveryOneOfItsLayers() {
    DecoderConfig config = HuggingFaceConfig.read(PARENT);
    double parent = loss(config);
    Block nothing = Block.parse("attention-no-op+ffn-no-op");
    for (int layer = 0; layer < config.layers(); layer++) {
      double without = loss(config.with(config.architecture().with(layer, nothing)));
      System.out.printf(
          "held out, nats/byte: %.4f without layer %d, %+.1f %%%n",
          without, layer, 100 * (without / parent - 1));
      assertTrue(without > 1.02 * parent, "layer " + layer + ": " + without + ", " + parent);
    }
  }

  private double loss(DecoderConfig config) {
    try (Decoder decoder = Decoder.load(config, SafetensorsFolder.open(PARENT), TOKENS)) {
      return Pretraining.evaluate(decoder, heldOut, BATCH);
    }
  }
}

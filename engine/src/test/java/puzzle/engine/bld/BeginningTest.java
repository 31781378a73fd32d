package puzzle.engine.bld;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SmallModels;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recorder;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.store.Store;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/** Of two initialisations the one with the lower loss wins; here each is made to. */
class BeginningTest {

  private static final Variant ONE_HEAD = Variant.attention(1);

  @TempDir Path folder;

  @Test
  void headsAreKeptWhereOnlyOneMatters() {
    try (Decoder parent = parent()) {
      // W_o takes nothing from the first KV head's queries.
      int width = parent.config().heads() * parent.config().headSize();
      edit(parent, "self_attn.o_proj.weight", i -> i % width < width / 2 ? -1 : i);
      BlockDistillation.Beginning beginning = begin(parent);
      assertEquals("kept heads", beginning.how());
      assertTrue(loss(parent, beginning) < 1e-9, "nothing is lost");
    }
  }

  @Test
  void headsArePooledWhereTheyAreAlike() {
    try (Decoder parent = parent()) {
      for (String name : new String[] {"self_attn.k_proj.weight", "self_attn.v_proj.weight"}) {
        int half = parent.config().headSize() * parent.config().hiddenSize();
        edit(parent, name, i -> i % half);
      }
      BlockDistillation.Beginning beginning = begin(parent);
      assertEquals("pooled heads", beginning.how());
      assertTrue(loss(parent, beginning) < 1e-9, "nothing is lost");
    }
  }

  private static Decoder parent() {
    DecoderConfig config = SmallModels.llama();
    return Decoder.load(config, SmallModels.weights(config, 11), 16);
  }

  private Recording recording(Decoder parent) {
    Map<Split, Sequences> tokens = new EnumMap<>(Split.class);
    int vocabulary = parent.config().vocabSize();
    tokens.put(Split.TRAIN, Sequences.of(SmallModels.tokens(6, 13, vocabulary, 1)));
    tokens.put(Split.GKD, Sequences.of(SmallModels.tokens(2, 13, vocabulary, 2)));
    tokens.put(Split.SCORING, Sequences.of(SmallModels.tokens(4, 13, vocabulary, 3)));
    tokens.put(Split.EVALUATION, Sequences.of(SmallModels.tokens(4, 13, vocabulary, 4)));
    Store store = Store.open(folder);
    return Recording.open(
        store, new Recorder(store, parent, 2).run(tokens, 1, Monitor.NONE).recording());
  }

  private BlockDistillation.Beginning begin(Decoder parent) {
    Recording recording = recording(parent);
    return distillation(parent, recording)
        .begin(
            new Initialisation(
                parent.config(),
                parent.weights(1, Subblock.ATTENTION),
                recording.headContribution(1)),
            ONE_HEAD);
  }

  private double loss(Decoder parent, BlockDistillation.Beginning beginning) {
    return distillation(parent, recording(parent)).heldOut(beginning.weights());
  }

  private static BlockDistillation distillation(Decoder parent, Recording recording) {
    return new BlockDistillation(parent, 1, RunSpec.Bld.DEFAULT.with(b -> b.batch = 3), recording);
  }

  /**
   * @param from where each element of layer 1's array comes from, -1 for zero
   */
  private static void edit(Decoder parent, String name, IntUnaryOperator from) {
    NDArray array = parent.weights(1, Subblock.ATTENTION).arrays().get(name);
    FloatBuffer before = Tensors.read(array);
    FloatBuffer after = FloatBuffer.allocate(before.remaining());
    for (int i = 0; i < before.remaining(); i++) {
      int source = from.applyAsInt(i);
      after.put(i, source < 0 ? 0 : before.get(source));
    }
    Tensors.assign(array, after);
  }
}

package puzzle.engine.recording;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.HeadMeasures;
import puzzle.engine.nn.SmallModels;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.store.Store;
import puzzle.model.Precision;
import puzzle.model.Subblock;
import puzzle.model.TaskResult;

class RecorderTest {

  private static final int BATCH = 2;
  private static final int LENGTH = 12;

  @TempDir Path folder;
  private final DecoderConfig config = SmallModels.llama();
  private final Decoder parent = Decoder.load(config, SmallModels.weights(config, 11), LENGTH);
  private final Map<Split, Sequences> tokens = new EnumMap<>(Split.class);

  RecorderTest() {
    int seed = 1;
    for (Split split : Split.values()) {
      int count = split == Split.TRAIN ? 9 : split == Split.SCORING ? 5 : 3;
      tokens.put(
          split, Sequences.of(SmallModels.tokens(count, LENGTH + 1, config.vocabSize(), seed++)));
    }
  }

  @AfterEach
  void close() {
    parent.close();
  }

  @Test
  void sharesGiveTheSameStatesAsTheWholeAndItsImportancesButForRounding() {
    Recorded whole = record("whole", 1, 0, ElementType.F32);
    for (int parts : new int[] {2, 5}) {
      Recorded divided = record("in-" + parts, parts, 0, ElementType.F32);
      assertEquals(whole.result.parentLoss(), divided.result.parentLoss());
      assertEquals(whole.result.trainTokens(), divided.result.trainTokens());
      for (int layer = 0; layer < config.layers(); layer++) {
        for (Place place : Place.values()) {
          Recording.Training a = whole.recording.training(layer, place, parent, 0);
          Recording.Training b = divided.recording.training(layer, place, parent, 0);
          assertArrayEquals(all(a.inputs()), all(b.inputs()));
          assertArrayEquals(all(a.outputs()), all(b.outputs()));
          int[] chosen = {8, 0, 3};
          assertArrayEquals(chosen(a.inputs(), chosen), chosen(b.inputs(), chosen));
          assertEquals(a.outputs().squares(chosen), b.outputs().squares(chosen));
          assertArrayEquals(
              all(whole.recording.heldOut(layer, place, parent).inputs()),
              all(divided.recording.heldOut(layer, place, parent).inputs()));
        }
        assertClose(whole.recording.contribution(layer), divided.recording.contribution(layer));
        assertClose(
            whole.recording.headContribution(layer), divided.recording.headContribution(layer));
      }
      for (Split split :
          List.of(Split.SCORING, Split.SELECTION, Split.EVALUATION, Split.BENCHMARK)) {
        assertArrayEquals(
            all(whole.recording.last(split, config)), all(divided.recording.last(split, config)));
      }
    }
  }

  @Test
  void theStatesAreTheParentsAndNothingElseIsLeftOnDisk() throws IOException {
    Recorded recorded = record("whole", 1, 0, ElementType.F32);
    for (Split split : List.of(Split.TRAIN, Split.SCORING)) {
      int[][] ids = tokens.get(split).read(0, BATCH);
      for (int layer = 0; layer < config.layers(); layer++) {
        Recording.Training tapes =
            split == Split.TRAIN
                ? recorded.recording.training(layer, Place.MIDDLE, parent, 0)
                : recorded.recording.heldOut(layer, Place.MIDDLE, parent);
        int at = layer;
        assertArrayEquals(
            Tensors.inference(() -> middle(ids, at).toFloatArray()), first(tapes.inputs()));
        assertArrayEquals(
            Tensors.inference(
                () -> parent.ffn(parent.weights(at, Subblock.FFN), middle(ids, at)).toFloatArray()),
            first(tapes.outputs()));
      }
    }
    int layers = config.layers();
    List<String> names = files("whole");
    // Of selection and evaluation the last states alone.
    assertEquals(
        2 * layers + 1 + 2 * layers + 1 + layers + 1 + 2,
        names.stream().filter(name -> name.matches(".*-(input|middle)-\\d+\\.safetensors")).count(),
        names.toString());
    assertTrue(names.stream().noneMatch(name -> name.startsWith(".")), names.toString());
  }

  @Test
  void statesOfSixteenBitsTakeHalfTheRoomOrAQuarterAndAreMadeAgainToTheBit() throws IOException {
    Recorded wide = record("wide", 1, 0, ElementType.F32);
    RecordingBytes sizes = new RecordingBytes(config, LENGTH, ElementType.BF16);
    long least = sizes.least(9) + 500;
    Recorded roomy = record("roomy", 2, 0, ElementType.BF16);
    Recorded tight = record("tight", 2, least, ElementType.BF16);
    assertEquals(roomy.result, tight.result);
    assertEquals(sizes.middle(), files("roomy").stream().anyMatch(n -> n.contains("train-middle")));
    for (int layer : new int[] {2, 0, 1}) {
      for (Place place : Place.values()) {
        Recording.Training a = roomy.recording.training(layer, place, parent, 0);
        Recording.Training b = tight.recording.training(layer, place, parent, least);
        assertArrayEquals(all(a.inputs()), all(b.inputs()));
        assertArrayEquals(all(a.outputs()), all(b.outputs()));
        float[] exact = all(wide.recording.training(layer, place, parent, 0).inputs());
        float[] rounded = all(a.inputs());
        double largest = 0;
        for (float x : exact) {
          largest = Math.max(largest, Math.abs(x));
        }
        for (int i = 0; i < exact.length; i++) {
          assertEquals(exact[i], rounded[i], 0.02 * largest);
        }
      }
    }
    for (Split split : List.of(Split.SCORING, Split.EVALUATION)) {
      assertArrayEquals(
          all(wide.recording.last(split, config)),
          all(roomy.recording.last(split, config)),
          "what the parent is judged by is never rounded on the way");
    }
  }

  @Test
  void aParentThatComputesInBf16IsRecordedAndMadeAgainLikeAnyOther() {
    Recorded exact = record("exact", 1, 0, ElementType.F32);
    try (Decoder half =
        Decoder.whole(config, SmallModels.weights(config, 11), LENGTH, Precision.BF16)) {
      ElementType type = RecordingBytes.type(half.precision());
      long least = new RecordingBytes(config, LENGTH, type).least(9) + 500;
      Recorded roomy = record("roomy", half, 2, 0, type);
      Recorded tight = record("tight", half, 2, least, type);
      assertEquals(roomy.result, tight.result);
      assertEquals(exact.result.parentLoss(), roomy.result.parentLoss(), 0.01);
      for (int layer : new int[] {2, 0}) {
        Recording.Training a = roomy.recording.training(layer, Place.MIDDLE, half, 0);
        Recording.Training b = tight.recording.training(layer, Place.MIDDLE, half, least);
        assertArrayEquals(all(a.inputs()), all(b.inputs()));
        assertArrayEquals(all(a.outputs()), all(b.outputs()));
        float[] contribution = exact.recording.contribution(layer);
        for (int i = 0; i < contribution.length; i++) {
          float there = roomy.recording.contribution(layer)[i];
          assertEquals(contribution[i], there, 0.05 * contribution[i] + 1e-3);
        }
      }
    }
  }

  @Test
  void theParentsLossIsThatOfItsHeadOnTheLastStates() {
    Recorded recorded = record("whole", 2, 0, ElementType.F32);
    int[][] ids = tokens.get(Split.EVALUATION).read(0, 3);
    Tape last = recorded.recording.last(Split.EVALUATION, config);
    float[] losses =
        Tensors.inference(
            () ->
                HeadMeasures.of(config)
                    .nll(
                        new HeadMeasures.Final(parent, last.read(parent.manager(), 0, 3)),
                        Tensors.ids(parent.manager(), ids, 1, LENGTH)));
    double mean = (losses[0] + (double) losses[1] + losses[2]) / 3;
    assertEquals(mean, recorded.result.parentLoss(), 1e-6);
  }

  @Test
  void theRoomThatIsForetoldIsTheRoomTaken() throws IOException {
    record("whole", 1, 0, ElementType.F32);
    RecordingBytes sizes = new RecordingBytes(config, LENGTH, ElementType.F32);
    long foretold = sizes.training(9, 0) + sizes.everyLayer(5 + 3) + sizes.last(3 + 3);
    long taken = 0;
    long headers = 0;
    for (String name : files("whole")) {
      if (name.matches(".*-(input|middle)-\\d+\\.safetensors")) {
        taken += Files.size(folder.resolve("whole/recording").resolve(name));
        headers += 200;
      }
    }
    // The benchmark's states are kept before layers alone, which a plan leaves out.
    assertEquals(foretold, taken, headers + config.layers() * 3L * LENGTH * 24 * 4);
  }

  private record Recorded(TaskResult.Recorded result, Recording recording) {}

  private Recorded record(String name, int parts, long tapeBytes, ElementType type) {
    return record(name, parent, parts, tapeBytes, type);
  }

  private Recorded record(String name, Decoder of, int parts, long tapeBytes, ElementType type) {
    Store store = Store.open(folder.resolve(name));
    TaskResult.Recorded result =
        new Recorder(store, of, BATCH, tapeBytes, type).run(tokens, parts, Monitor.NONE);
    return new Recorded(result, Recording.open(store, result.recording()));
  }

  private NDArray middle(int[][] ids, int layer) {
    NDArray x = parent.embed(Tensors.ids(parent.manager(), ids, 0, LENGTH));
    for (int below = 0; below < layer; below++) {
      x = parent.layer(below, x);
    }
    return parent.attention(parent.weights(layer, Subblock.ATTENTION), x);
  }

  private float[] first(Tape tape) {
    return Tensors.inference(() -> tape.read(parent.manager(), 0, BATCH).toFloatArray());
  }

  private float[] all(Tape tape) {
    try (NDManager manager = parent.manager().newSubManager()) {
      return Tensors.inference(() -> tape.read(manager, 0, tape.sequences()).toFloatArray());
    }
  }

  private float[] chosen(Tape tape, int[] chosen) {
    return Tensors.inference(() -> tape.read(parent.manager(), chosen).toFloatArray());
  }

  private static void assertClose(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i], 1e-6 * Math.abs(expected[i]));
    }
  }

  private List<String> files(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name).resolve("recording"))) {
      return new ArrayList<>(files.map(f -> f.getFileName().toString()).sorted().toList());
    }
  }
}

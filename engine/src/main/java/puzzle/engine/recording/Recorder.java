package puzzle.engine.recording;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;
import puzzle.model.InvalidInputException;
import puzzle.model.TaskResult;

/**
 * Runs the parent over the corpus layer by layer, writing each layer's states before the next one
 * starts: memory holds one layer's states, however deep the parent is.
 */
public final class Recorder {

  /** Held-out splits whose states are kept: run on from the layer that is replaced. */
  private static final List<Split> HELD_OUT = List.of(Split.SCORING, Split.BENCHMARK);

  private static final List<Split> LOGITS =
      List.of(Split.SCORING, Split.SELECTION, Split.EVALUATION);

  private final Store store;
  private final Decoder parent;
  private final int batch;
  private final long tapeBytes;
  private final Map<Split, Sequences> given;
  private final Map<Split, int[][]> tokens;
  private final int length;
  private final ParentStates passes;

  /**
   * @param batch sequences per forward pass
   * @param tapeBytes training states kept on disk, as many layers' from the first on as go in; 0
   *     for all
   * @param tokens of every split, sequences of equal length, one token more than is run; {@code
   *     SELECTION} and {@code TASK} may be absent
   */
  public Recorder(
      Store store, Decoder parent, int batch, long tapeBytes, Map<Split, Sequences> tokens) {
    this.store = store;
    this.parent = parent;
    this.batch = batch;
    this.tapeBytes = tapeBytes;
    this.given = tokens;
    this.tokens = new EnumMap<>(Split.class);
    tokens.forEach((split, sequences) -> this.tokens.put(split, Recording.all(sequences)));
    this.length = tokens.get(Split.TRAIN).length() - 1;
    this.passes = new ParentStates(parent, batch, length);
  }

  /** Keeps all training states. */
  public Recorder(Store store, Decoder parent, int batch, Map<Split, Sequences> tokens) {
    this(store, parent, batch, 0, tokens);
  }

  /**
   * @throws InvalidInputException if the budget holds no two layers: none could be trained
   */
  public TaskResult.Recorded run(Monitor monitor) {
    int layers = parent.config().layers();
    Map<Split, float[]> states = new EnumMap<>(Split.class);
    for (Split split : tokens.keySet()) {
      if (split != Split.GKD) {
        states.put(split, passes.embedded(tokens.get(split)));
      }
    }
    List<CheckpointRef> training = new ArrayList<>();
    List<CheckpointRef> heldOut = new ArrayList<>();
    SafetensorsWriter importance = new SafetensorsWriter(ElementType.F32);
    for (int layer = 0; layer < layers; layer++) {
      SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
      Importance seen = new Importance(parent, layer);
      for (Split split : states.keySet()) {
        float[] input = states.get(split);
        float[] middle = new float[input.length];
        states.put(split, passes.layer(layer, input, middle, split == Split.TRAIN ? seen : null));
        if (split == Split.TRAIN) {
          training.add(keep(training, TrainingTapes.content(input, middle, tokens.get(split))));
        } else if (HELD_OUT.contains(split)) {
          add(writer, split, Place.INPUT, input);
          if (split != Split.BENCHMARK) {
            add(writer, split, Place.MIDDLE, middle);
          }
        }
      }
      heldOut.add(put("held-out-%03d".formatted(layer), writer));
      seen.addTo(importance, (long) tokens.get(Split.TRAIN).length * length);
      monitor.step(layer + 1, layers + 1, Double.NaN);
    }
    training.add(
        keep(
            training,
            TrainingTapes.content(states.get(Split.TRAIN), null, tokens.get(Split.TRAIN))));
    SafetensorsWriter last = new SafetensorsWriter(ElementType.F32);
    for (Split split : HELD_OUT) {
      if (states.containsKey(split)) {
        add(last, split, Place.INPUT, states.get(split));
      }
    }
    heldOut.add(put("held-out-%03d".formatted(layers), last));
    SafetensorsWriter logits = new SafetensorsWriter(ElementType.F16);
    double[] losses = new double[tokens.get(Split.EVALUATION).length];
    for (Split split : LOGITS) {
      if (states.containsKey(split)) {
        double[] into = split == Split.EVALUATION ? losses : new double[tokens.get(split).length];
        addLogits(logits, split, states.get(split), into);
      }
    }
    SafetensorsWriter graded = new SafetensorsWriter(ElementType.F32);
    if (states.containsKey(Split.BENCHMARK)) {
      addGrades(graded, states.get(Split.BENCHMARK));
    }
    CheckpointRef logitsFile = put("logits", logits);
    double loss = Arrays.stream(losses).average().orElseThrow();
    Recording.Index index =
        new Recording.Index(
            RecordedTokens.put(store, given),
            put("importance", importance),
            logitsFile,
            states.containsKey(Split.BENCHMARK) ? put("graded", graded) : null,
            training,
            heldOut,
            batch,
            loss);
    CheckpointRef ref =
        store.put(StorePaths.RECORDING, out -> out.write(Recording.JSON.writeValueAsBytes(index)));
    monitor.step(layers + 1, layers + 1, Double.NaN);
    return new TaskResult.Recorded(
        ref,
        loss,
        (long) tokens.get(Split.TRAIN).length * length,
        (long) tokens.get(Split.EVALUATION).length * length);
  }

  /** Writes a layer's training states where there is room, and names them in any case. */
  private CheckpointRef keep(List<CheckpointRef> before, SafetensorsWriter content) {
    long needed = content.dataBytes();
    if (tapeBytes > 0 && before.isEmpty() && 2 * needed > tapeBytes) {
      throw new InvalidInputException(
          "bld.tapeBudget: training reads two layers' states, %d bytes, and may keep %d.%nMaybe raise it, or lower bld.sequences."
              .formatted(2 * needed, tapeBytes));
    }
    long kept = before.stream().mapToLong(CheckpointRef::bytes).sum();
    String path = StorePaths.trainingStates(before.size());
    return tapeBytes == 0 || kept + needed <= tapeBytes
        ? store.put(path, content::writeTo)
        : store.reference(path, content::writeTo);
  }

  /**
   * Adds a split's logits, in parts made while the file is written, less the largest of each token:
   * the distribution is the same, and fp16 is precise where probabilities are large.
   *
   * @param losses gets the parent's loss of each sequence, nats per token
   */
  private void addLogits(SafetensorsWriter writer, Split split, float[] states, double[] losses) {
    int[][] sequences = tokens.get(split);
    long[] shape = {sequences.length, length, parent.config().vocabSize()};
    writer.addParts(
        split.tensor("logits"),
        shape,
        () ->
            IntStream.iterate(0, from -> from < sequences.length, from -> from + batch)
                .mapToObj(
                    from -> {
                      int count = Math.min(batch, sequences.length - from);
                      return Tensors.inference(
                          () -> logits(sequences, states, from, count, losses));
                    })
                .iterator());
  }

  private FloatBuffer logits(
      int[][] sequences, float[] states, int from, int count, double[] losses) {
    NDManager manager = parent.manager();
    NDArray y = parent.logits(passes.read(manager, states, from, count));
    int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
    float[] nll = Losses.nll(y, Tensors.ids(manager, ids, 1, length)).toFloatArray();
    for (int i = 0; i < count; i++) {
      losses[from + i] = nll[i];
    }
    return Tensors.read(Losses.compact(y));
  }

  /** Adds what the parent says to the benchmark's sequences. */
  private void addGrades(SafetensorsWriter writer, float[] states) {
    int[][] sequences = tokens.get(Split.BENCHMARK);
    float[] graded = new float[sequences.length * 2 * length];
    passes.forEachBatch(
        sequences.length,
        (manager, from, count) -> {
          NDArray y = parent.logits(passes.read(manager, states, from, count));
          int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
          FloatBuffer said = Tensors.read(Losses.graded(y, Tensors.ids(manager, ids, 1, length)));
          said.get(graded, from * 2 * length, said.remaining());
        });
    writer.add(
        Recording.GRADED, new long[] {sequences.length, 2, length}, FloatBuffer.wrap(graded));
  }

  private void add(SafetensorsWriter writer, Split split, Place place, float[] states) {
    int hidden = parent.config().hiddenSize();
    long[] shape = {states.length / ((long) length * hidden), length, hidden};
    writer.add(Recording.tensor(split, place), shape, FloatBuffer.wrap(states));
  }

  private CheckpointRef put(String name, SafetensorsWriter writer) {
    return store.put(StorePaths.recorded(name), writer::writeTo);
  }
}

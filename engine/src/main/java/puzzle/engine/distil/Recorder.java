package puzzle.engine.distil;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.checkpoint.ElementType;
import puzzle.engine.checkpoint.SafetensorsWriter;
import puzzle.engine.checkpoint.Store;
import puzzle.engine.distil.Recording.Place;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Tensors;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.CheckpointRef;
import puzzle.model.Subblock;
import puzzle.model.TaskResult;

/**
 * Runs the parent over the corpus layer by layer, writing each layer's states before the next one
 * starts: memory holds one layer's states, however deep the parent is.
 */
public final class Recorder {

  /** Splits whose states are kept: trained on, or run on from the layer that is replaced. */
  private static final List<Split> STATES = List.of(Split.TRAIN, Split.SCORING, Split.TASK);

  private static final List<Split> LOGITS =
      List.of(Split.SCORING, Split.SELECTION, Split.EVALUATION);

  private final Store store;
  private final Decoder parent;
  private final int batch;
  private final Map<Split, int[][]> tokens;
  private final int length;
  private final int hidden;

  /**
   * @param batch sequences per forward pass
   * @param tokens of every split, sequences of equal length, one token more than is run; {@code
   *     SELECTION} and {@code TASK} may be absent
   */
  public Recorder(Store store, Decoder parent, int batch, Map<Split, int[][]> tokens) {
    this.store = store;
    this.parent = parent;
    this.batch = batch;
    this.tokens = new EnumMap<>(tokens);
    this.length = tokens.get(Split.TRAIN)[0].length - 1;
    this.hidden = parent.config().hiddenSize();
  }

  public TaskResult.Recorded run(Monitor monitor) {
    int layers = parent.config().layers();
    Map<Split, float[]> states = new EnumMap<>(Split.class);
    for (Split split : tokens.keySet()) {
      if (split != Split.HEALING) {
        states.put(split, embedded(tokens.get(split)));
      }
    }
    List<CheckpointRef> files = new ArrayList<>();
    SafetensorsWriter importance = new SafetensorsWriter(ElementType.F32);
    for (int layer = 0; layer < layers; layer++) {
      SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
      double[] activity = new double[parent.config().intermediateSize()];
      for (Split split : states.keySet()) {
        float[] input = states.get(split);
        float[] middle = new float[input.length];
        states.put(split, layer(layer, input, middle, split == Split.TRAIN ? activity : null));
        if (STATES.contains(split)) {
          add(writer, split, Place.INPUT, input);
          if (split != Split.TASK) {
            add(writer, split, Place.MIDDLE, middle);
          }
        }
      }
      files.add(put("layer-%03d".formatted(layer), writer));
      float[] contribution = contribution(layer, activity);
      importance.add(
          Recording.channels(layer),
          new long[] {contribution.length},
          FloatBuffer.wrap(contribution));
      Steps.check(monitor, layer + 1, layers + 1, Double.NaN);
    }
    SafetensorsWriter last = new SafetensorsWriter(ElementType.F32);
    for (Split split : STATES) {
      if (states.containsKey(split)) {
        add(last, split, Place.INPUT, states.get(split));
      }
    }
    files.add(put("layer-%03d".formatted(layers), last));
    SafetensorsWriter logits = new SafetensorsWriter(ElementType.F16);
    double[] losses = new double[tokens.get(Split.EVALUATION).length];
    for (Split split : LOGITS) {
      if (states.containsKey(split)) {
        double[] into = split == Split.EVALUATION ? losses : new double[tokens.get(split).length];
        addLogits(logits, split, states.get(split), into);
      }
    }
    SafetensorsWriter graded = new SafetensorsWriter(ElementType.F32);
    if (states.containsKey(Split.TASK)) {
      addGrades(graded, states.get(Split.TASK));
    }
    CheckpointRef logitsFile = put("logits", logits);
    double loss = Arrays.stream(losses).average().orElseThrow();
    Recording.Index index =
        new Recording.Index(
            put("tokens", ids()),
            put("importance", importance),
            logitsFile,
            states.containsKey(Split.TASK) ? put("graded", graded) : null,
            files,
            loss);
    CheckpointRef ref =
        store.put(
            "recording/index.json", out -> out.write(Recording.JSON.writeValueAsBytes(index)));
    Steps.check(monitor, layers + 1, layers + 1, Double.NaN);
    return new TaskResult.Recorded(
        ref,
        loss,
        (long) tokens.get(Split.TRAIN).length * length,
        (long) tokens.get(Split.EVALUATION).length * length);
  }

  private float[] embedded(int[][] sequences) {
    float[] states = new float[Math.toIntExact((long) sequences.length * length * hidden)];
    forEachBatch(
        sequences.length,
        (manager, from, count) -> {
          int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
          copy(parent.embed(Tensors.ids(manager, ids, 0, length)), states, from);
        });
    return states;
  }

  /** Runs one layer over all sequences; returns its output and fills the state in its middle. */
  private float[] layer(int layer, float[] input, float[] middle, double[] activity) {
    float[] output = new float[input.length];
    forEachBatch(
        input.length / (length * hidden),
        (manager, from, count) -> {
          int width = length * hidden;
          FloatBuffer x = FloatBuffer.wrap(input, from * width, count * width).slice();
          NDArray after =
              parent.attention(
                  parent.weights(layer, Subblock.ATTENTION),
                  Tensors.fp32(manager, x, count, length, hidden));
          copy(after, middle, from);
          copy(parent.ffn(parent.weights(layer, Subblock.FFN), after), output, from);
          if (activity != null) {
            FloatBuffer sums = Tensors.read(parent.channelActivity(layer, after));
            for (int i = 0; i < activity.length; i++) {
              activity[i] += sums.get(i);
            }
          }
        });
    return output;
  }

  private float[] contribution(int layer, double[] activity) {
    FloatBuffer sums = FloatBuffer.allocate(activity.length);
    for (double a : activity) {
      sums.put((float) a);
    }
    NDArray down = parent.weights(layer, Subblock.FFN).arrays().get("mlp.down_proj.weight");
    return Initialisation.contribution(
        sums.flip(), Tensors.read(down), (long) tokens.get(Split.TRAIN).length * length);
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
    int width = length * hidden;
    writer.addParts(
        split.tensor("logits"),
        shape,
        () ->
            IntStream.iterate(0, from -> from < sequences.length, from -> from + batch)
                .mapToObj(
                    from -> {
                      int count = Math.min(batch, sequences.length - from);
                      FloatBuffer x = FloatBuffer.wrap(states, from * width, count * width).slice();
                      return Tensors.inference(() -> logits(sequences, x, from, count, losses));
                    })
                .iterator());
  }

  private FloatBuffer logits(
      int[][] sequences, FloatBuffer x, int from, int count, double[] losses) {
    NDManager manager = parent.manager();
    NDArray y = parent.logits(Tensors.fp32(manager, x, count, length, hidden));
    int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
    float[] nll = Losses.nll(y, Tensors.ids(manager, ids, 1, length)).toFloatArray();
    for (int i = 0; i < count; i++) {
      losses[from + i] = nll[i];
    }
    return Tensors.read(Losses.compact(y));
  }

  /** Adds what the parent says to the task's sequences. */
  private void addGrades(SafetensorsWriter writer, float[] states) {
    int[][] sequences = tokens.get(Split.TASK);
    float[] graded = new float[sequences.length * 2 * length];
    forEachBatch(
        sequences.length,
        (manager, from, count) -> {
          int width = length * hidden;
          FloatBuffer x = FloatBuffer.wrap(states, from * width, count * width).slice();
          NDArray y = parent.logits(Tensors.fp32(manager, x, count, length, hidden));
          int[][] ids = Arrays.copyOfRange(sequences, from, from + count);
          FloatBuffer said = Tensors.read(Losses.graded(y, Tensors.ids(manager, ids, 1, length)));
          said.get(graded, from * 2 * length, said.remaining());
        });
    writer.add(
        Recording.GRADED, new long[] {sequences.length, 2, length}, FloatBuffer.wrap(graded));
  }

  private void add(SafetensorsWriter writer, Split split, Place place, float[] states) {
    long[] shape = {states.length / ((long) length * hidden), length, hidden};
    writer.add(Recording.tensor(split, place), shape, FloatBuffer.wrap(states));
  }

  private SafetensorsWriter ids() {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    tokens.forEach(
        (split, sequences) -> {
          LongBuffer ids = LongBuffer.allocate(sequences.length * (length + 1));
          for (int[] sequence : sequences) {
            for (int id : sequence) {
              ids.put(id);
            }
          }
          writer.addI64(split.tensor("ids"), new long[] {sequences.length, length + 1}, ids.flip());
        });
    return writer;
  }

  private CheckpointRef put(String name, SafetensorsWriter writer) {
    return store.put("recording/" + name + ".safetensors", writer::writeTo);
  }

  private interface BatchWork {
    void run(NDManager manager, int from, int count);
  }

  private void forEachBatch(int sequences, BatchWork work) {
    for (int from = 0; from < sequences; from += batch) {
      int first = from;
      int count = Math.min(batch, sequences - from);
      Tensors.inference(
          () -> {
            work.run(parent.manager(), first, count);
            return null;
          });
    }
  }

  private void copy(NDArray array, float[] to, int fromSequence) {
    FloatBuffer values = Tensors.read(array);
    values.get(to, fromSequence * length * hidden, values.remaining());
  }
}

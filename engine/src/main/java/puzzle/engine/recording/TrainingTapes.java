package puzzle.engine.recording;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import puzzle.engine.nn.Decoder;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;

/**
 * The files of training states, one a layer, within a budget of disk.
 *
 * <p>The recording names every layer's file with its SHA-256, those too that found no room. A file
 * that a training needs and that is not there is made again: the parent runs on from the nearest
 * layer before it whose states are there, or from the tokens, and what comes out must have that
 * SHA-256. Then the files farthest away make room. So the budget costs time and changes no result.
 *
 * @param files one a layer, and the last state
 * @param budget bytes, 0 for no limit
 */
record TrainingTapes(Store store, List<CheckpointRef> files, long budget) {

  /** Devices of one process take turns: each would make the same files. */
  private static final Object TURN = new Object();

  /**
   * The content of one layer's file.
   *
   * @param middle null for the last state
   */
  static SafetensorsWriter content(float[] input, float[] middle, int[][] tokens) {
    long length = tokens[0].length - 1;
    long[] shape = {tokens.length, length, input.length / (tokens.length * length)};
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    writer.add(Recording.tensor(Split.TRAIN, Place.INPUT), shape, FloatBuffer.wrap(input));
    if (middle != null) {
      writer.add(Recording.tensor(Split.TRAIN, Place.MIDDLE), shape, FloatBuffer.wrap(middle));
    }
    return writer;
  }

  /**
   * Opens a layer's states and those after it. Opened, they stay readable whoever makes room.
   *
   * @param batch sequences per forward pass when they were recorded
   */
  Recording.Training open(
      int layer, Place begin, Decoder parent, int batch, Supplier<int[][]> tokens) {
    synchronized (TURN) {
      if (!present(layer) || !present(layer + 1)) {
        make(layer, parent, batch, tokens.get());
        evict(layer);
      }
      return new Recording.Training(tape(layer, begin), tape(layer + 1, Place.INPUT));
    }
  }

  private Tape tape(int layer, Place place) {
    return new Tape(store.safetensors(files.get(layer)), Recording.tensor(Split.TRAIN, place));
  }

  private void make(int layer, Decoder parent, int batch, int[][] tokens) {
    int from = layer;
    while (from > 0 && !present(from)) {
      from--;
    }
    ParentStates states = new ParentStates(parent, batch, tokens[0].length - 1);
    float[] input = present(from) ? read(from) : states.embedded(tokens);
    for (int at = from; at <= layer + 1; at++) {
      boolean last = at == parent.config().layers();
      float[] middle = last ? null : new float[input.length];
      float[] output = last ? null : states.layer(at, input, middle, null);
      if (at >= layer && !present(at)) {
        keep(at, content(input, middle, tokens));
      }
      input = output;
    }
  }

  private void keep(int layer, SafetensorsWriter content) {
    CheckpointRef made = store.put(StorePaths.trainingStates(layer), content::writeTo);
    if (!made.equals(files.get(layer))) {
      throw new IllegalStateException(
          "the states of layer %d come out as %s, recorded were %s.%nMaybe this device computes other bits than the one that recorded: raise bld.tapeBudget."
              .formatted(layer, made, files.get(layer)));
    }
  }

  private void evict(int layer) {
    TreeMap<Integer, Integer> byDistance = new TreeMap<>();
    long bytes = 0;
    for (int at = 0; at < files.size(); at++) {
      if (present(at)) {
        bytes += files.get(at).bytes();
        byDistance.put(2 * Math.abs(at - layer) + (at > layer ? 0 : 1), at);
      }
    }
    while (budget > 0 && bytes > budget && byDistance.size() > 2) {
      CheckpointRef farthest = files.get(byDistance.pollLastEntry().getValue());
      store.discard(farthest);
      bytes -= farthest.bytes();
    }
  }

  private float[] read(int layer) {
    FloatBuffer values =
        store.safetensors(files.get(layer)).fp32(Recording.tensor(Split.TRAIN, Place.INPUT));
    float[] states = new float[values.remaining()];
    values.get(states);
    return states;
  }

  private boolean present(int layer) {
    try {
      return Files.exists(store.resolve(files.get(layer)))
          && Files.size(store.resolve(files.get(layer))) == files.get(layer).bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

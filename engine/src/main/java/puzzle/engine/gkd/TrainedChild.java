package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.ArrayRoom;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Gradients;
import puzzle.engine.nn.MappedRoom;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.engine.nn.TrainedEnds;
import puzzle.model.Precision;
import puzzle.model.RunSpec;
import puzzle.model.SignOfLife;
import puzzle.model.Subblock;

/**
 * A child under training: parameters, their gradients and moments, in memory or in mapped files.
 * Gradients are added up here, not by the parameters themselves, so that a layer's graph can go
 * when the layer is through.
 */
public final class TrainedChild implements AutoCloseable {

  private final Decoder decoder;
  private final boolean whole;
  private final ArrayRoom room;
  private final NDManager manager;
  private final Map<String, NDArray> parameters;
  private final Map<String, NDArray> gradients = new LinkedHashMap<>();
  private final Set<String> propagated = new HashSet<>();
  private final TrainedEnds ends;

  private TrainedChild(
      Decoder decoder, boolean whole, ArrayRoom room, Map<String, NDArray> parameters) {
    this.decoder = decoder;
    this.whole = whole;
    this.room = room;
    this.manager = decoder.manager();
    this.parameters = parameters;
    parameters.forEach(
        (name, array) -> gradients.put(name, room.zeros(array.getShape().getShape())));
    this.ends =
        config().tiedEmbeddings()
            ? new TrainedEnds(decoder.precision(), matrix(TensorLayout.EMBEDDING), room)
            : new TrainedEnds(
                decoder.precision(), matrix(TensorLayout.EMBEDDING), matrix(TensorLayout.HEAD));
  }

  /** All in memory; {@code child}'s own weights are trained. */
  public static TrainedChild whole(Decoder child) {
    return new TrainedChild(child, true, ArrayRoom.memory(child.manager()), child.parameters());
  }

  /**
   * All in files that are mapped into memory.
   *
   * @param weights to begin with
   * @param positions tokens of the longest sequence
   * @param precision of products; parameters and gradients are fp32
   * @param folder for the files, {@link GkdMemory#mapped} in all
   * @throws puzzle.engine.files.StorageException if the disk has no room for them
   */
  public static TrainedChild mapped(
      DecoderConfig config, WeightSource weights, int positions, Precision precision, Path folder) {
    Decoder decoder = Decoder.layerByLayer(config, weights, positions, precision);
    MappedRoom room = new MappedRoom(folder, decoder.manager());
    room.require(GkdMemory.mapped(config));
    Map<String, NDArray> parameters = new LinkedHashMap<>();
    TensorLayout.of(config).forEach((name, spec) -> parameters.put(name, room.zeros(spec.shape())));
    TrainedChild child = new TrainedChild(decoder, false, room, parameters);
    child.assign(weights);
    return child;
  }

  private TrainedEnds.Matrix matrix(String name) {
    return new TrainedEnds.Matrix(parameters.get(name), gradients.get(name));
  }

  private String head() {
    return config().tiedEmbeddings() ? TensorLayout.EMBEDDING : TensorLayout.HEAD;
  }

  public DecoderConfig config() {
    return decoder.config();
  }

  NDManager manager() {
    return manager;
  }

  /** True if a pass keeps the graphs of all layers, false if each is computed again. */
  boolean whole() {
    return whole;
  }

  Map<String, NDArray> parameters() {
    return parameters;
  }

  void assign(WeightSource values) {
    assign(parameters, values);
  }

  static void assign(Map<String, NDArray> arrays, WeightSource values) {
    arrays.forEach(
        (name, array) -> {
          Tensors.assign(array, values, name);
          SignOfLife.give();
        });
  }

  /** With moments beside the parameters. */
  AdamW optimiser(RunSpec.Gkd settings) {
    return new AdamW(
        parameters, this::gradient, room, manager, settings.weightDecay(), settings.clipNorm());
  }

  /** Null if nothing was propagated to the parameter since the last step. */
  NDArray gradient(String name) {
    return propagated.contains(name) ? gradients.get(name) : null;
  }

  NDArray embed(int[][] ids) {
    return ends.embed(Tensors.ids(manager, ids, 0, ids[0].length - 1));
  }

  void addEmbedding(int[][] ids, NDArray gradient) {
    ends.addEmbedding(ids, ids[0].length - 1, gradient);
    propagated.add(TensorLayout.EMBEDDING);
  }

  /** Weights of a layer for one pass. */
  Leaves layer(int layer) {
    return new Leaves(layer);
  }

  /** Of the last state. */
  NDArray normed(NDArray x, NDArray norm) {
    return decoder.normed(x, norm);
  }

  NDArray logits(NDArray normed) {
    return ends.logits(normed);
  }

  NDArray throughHead(NDArray normed, NDArray gradient) {
    propagated.add(head());
    return ends.backward(normed, gradient);
  }

  /** Adds the gradient that was propagated to a leaf of a parameter. */
  void add(String name, NDArray leaf) {
    NDArray gradient = Tensors.gradient(leaf);
    if (gradient != null) {
      Gradients.add(gradients.get(name), gradient);
      propagated.add(name);
    }
  }

  /** Brings together what was added up in several places. */
  void join() {
    ends.join();
  }

  /** One step with the gradients added up since the last; returns their norm. */
  double step(AdamW optimiser, double learningRate) {
    join();
    double norm = optimiser.step(learningRate);
    propagated.clear();
    return norm;
  }

  /** A layer as the function of its parameters that a graph begins with. */
  final class Leaves {

    private final Map<String, NDArray> leaves = new LinkedHashMap<>();
    private final SubblockWeights attention;
    private final SubblockWeights ffn;

    private Leaves(int layer) {
      this.attention = weights(layer, Subblock.ATTENTION);
      this.ffn = weights(layer, Subblock.FFN);
    }

    private SubblockWeights weights(int layer, Subblock subblock) {
      var variant = config().architecture().block(layer).get(subblock);
      Map<String, NDArray> arrays = new LinkedHashMap<>();
      for (String name : TensorLayout.of(config(), variant).keySet()) {
        String full = TensorLayout.prefix(layer) + name;
        NDArray leaf = Gradients.leaf(parameters.get(full));
        leaves.put(full, leaf);
        arrays.put(name, leaf);
      }
      return new SubblockWeights(variant, arrays);
    }

    NDArray apply(NDArray x) {
      return decoder.ffn(ffn, decoder.attention(attention, x));
    }

    void forEach(BiConsumer<String, NDArray> action) {
      leaves.forEach(action);
    }

    void addGradients() {
      leaves.forEach(TrainedChild.this::add);
    }
  }

  @Override
  public void close() {
    decoder.close();
  }
}

package puzzle.engine.nn;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.decoder.WeightSource.Kept;
import puzzle.engine.decoder.WeightSource.Place;
import puzzle.model.Precision;
import puzzle.model.Variant;

/**
 * Brings a source's weights to where kernels compute with them. A 16-bit file is mapped by libtorch
 * itself, once: what is held in bf16 and lies there in bf16 takes no memory of its own, only the
 * system's cache of the file; what is held in fp32 is converted from there by one native call a
 * tensor, exactly. Everything else is copied in parts through one buffer.
 *
 * <p>Vectors (norms and biases) are always fp32. Safe from two threads at once.
 */
final class WeightLoader {

  private final WeightSource source;
  private final Precision held;
  private final NDManager manager;
  private final Map<String, Optional<NDArray>> files = new ConcurrentHashMap<>();

  /**
   * @param held type of matrices in memory, BF16 or FP32
   * @param manager of the mappings, which last until it is closed
   */
  WeightLoader(WeightSource source, Precision held, NDManager manager) {
    this.source = source;
    this.held = held;
    this.manager = manager;
  }

  /** The arrays of a variant of one layer; nothing for a no-op. */
  SubblockWeights load(NDManager owner, DecoderConfig config, int layer, Variant variant) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (String name : TensorLayout.of(config, variant).keySet()) {
      arrays.put(name, load(owner, TensorLayout.prefix(layer) + name));
    }
    return new SubblockWeights(variant, arrays);
  }

  /** One weight, in the manager given. */
  NDArray load(NDManager owner, String name) {
    Kept kind = held == Precision.BF16 && source.shape(name).length > 1 ? Kept.BF16 : Kept.FP32;
    return mapped(name, owner)
        .map(mapped -> kind == Kept.BF16 && isBf16(name) ? mapped : converted(kind, mapped, owner))
        .orElseGet(
            () -> {
              NDArray copy = Tensors.load(owner, source, name);
              return kind == Kept.FP32 ? copy : converted(kind, copy, owner);
            });
  }

  /** A weight where its file has it, if its values are those that are held. */
  Optional<NDArray> lent(NDManager owner, String name) {
    return held == Precision.FP32 || isBf16(name) ? mapped(name, owner) : Optional.empty();
  }

  private Optional<NDArray> mapped(String name, NDManager owner) {
    return source
        .place(name)
        .filter(place -> place.type() != Kept.FP32)
        .flatMap(
            place ->
                files
                    .computeIfAbsent(place.type() + " " + place.file(), any -> file(place))
                    .map(file -> at(place, file, source.shape(name), owner)));
  }

  /** Has a layer's bytes read ahead that are mapped. */
  void warm(DecoderConfig config, int layer, Variant variant) {
    for (String name : TensorLayout.of(config, variant).keySet()) {
      source.warm(TensorLayout.prefix(layer) + name);
    }
  }

  /** The head: a matrix of its own, or the embedding. */
  NDArray head(NDManager owner, DecoderConfig config) {
    return load(owner, config.tiedEmbeddings() ? TensorLayout.EMBEDDING : TensorLayout.HEAD);
  }

  /** Zeros of the type that a precision computes in. */
  static NDArray zeros(NDManager owner, Precision precision, long... shape) {
    if (precision == Precision.FP32) {
      return Tensors.detached(owner, () -> Tensors.zeros(owner, shape));
    }
    long[] what = LongStream.concat(LongStream.of(kind(Kept.BF16)), LongStream.of(shape)).toArray();
    return kept(owner, () -> Kernels.frozen("made", Tensors.integers(owner, what)));
  }

  private boolean isBf16(String name) {
    return source.place(name).filter(place -> place.type() == Kept.BF16).isPresent();
  }

  /** Nothing where the system does not map a file of that size. */
  private Optional<NDArray> file(Place place) {
    byte[] path = place.file().toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
    long[] bytes = new long[path.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = path[i] & 0xff;
    }
    try {
      return Optional.of(
          kept(
              manager,
              () ->
                  Kernels.frozen(
                      "lent",
                      Tensors.integers(manager, bytes),
                      Tensors.integers(manager, place.elements(), kind(place.type())))));
    } catch (EngineException e) {
      return Optional.empty();
    }
  }

  private static NDArray at(Place place, NDArray file, long[] shape, NDManager owner) {
    long[] where = LongStream.concat(LongStream.of(place.first()), LongStream.of(shape)).toArray();
    return kept(owner, () -> Kernels.frozen("placed", Tensors.integers(owner, where), file));
  }

  /** A copy; what it was made from is closed. */
  private static NDArray converted(Kept kind, NDArray from, NDManager owner) {
    NDArray copy =
        kept(
            owner,
            () -> {
              NDArray number = Tensors.integers(owner, kind(kind));
              return kind == Kept.FP32
                  ? Kernels.call("converted", number, from)
                  : Kernels.frozen("converted", number, from);
            });
    from.close();
    return copy;
  }

  /** Made without gradients, and kept by its owner. */
  private static NDArray kept(NDManager owner, Supplier<NDArray> make) {
    return Tensors.inference(() -> Tensors.detached(owner, make));
  }

  /** libtorch's number of a type. */
  static long kind(Kept type) {
    return switch (type) {
      case FP16 -> 5;
      case FP32 -> 6;
      case BF16 -> 15;
    };
  }
}

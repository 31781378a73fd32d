package puzzle.engine.recording;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.util.List;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;

/**
 * What the parent did on the corpus, on disk: per layer its input and its state between attention
 * and FFN, the importances of its FFN channels, its logits on the held-out sequences, and the
 * tokens themselves. Everything a later task needs of parent and corpus besides the weights, so
 * that no task depends on another having run in the same process.
 *
 * <p>Read through memory maps; every file is checked against the index before use.
 */
public final class Recording {

  /** A part of the corpus. */
  public enum Split {
    /** Trained on by BLD. */
    TRAIN("train"),
    /** Held out: BLD's validation and the replace-one-block scores. */
    SCORING("scoring"),
    /** Held out from all of that: what is reported. */
    EVALUATION("evaluation"),
    /** Held out from all of that too: architectures are chosen between by it. */
    SELECTION("selection"),
    /** The prompts of a benchmark, filled up to one length. */
    BENCHMARK("benchmark"),
    /** Trained on by GKD; only tokens are kept. */
    GKD("gkd");

    private final String prefix;

    Split(String prefix) {
      this.prefix = prefix;
    }

    String tensor(String name) {
      return prefix + "." + name;
    }
  }

  /** Which state of a layer. */
  public enum Place {
    /** What the layer gets. */
    INPUT("input"),
    /** After attention and its residual, before the FFN. */
    MIDDLE("middle");

    private final String suffix;

    Place(String suffix) {
      this.suffix = suffix;
    }
  }

  /**
   * The index file: {@code layers} and {@code heldOut} have one more entry than the parent, the
   * last state.
   *
   * @param layers training states; some may not be on disk
   * @param heldOut states of the other splits; null in a recording that keeps all in {@code layers}
   * @param batch sequences per forward pass
   */
  record Index(
      CheckpointRef tokens,
      CheckpointRef importance,
      CheckpointRef logits,
      CheckpointRef graded,
      List<CheckpointRef> layers,
      List<CheckpointRef> heldOut,
      int batch,
      double parentLoss) {}

  static final String GRADED = "benchmark.graded";
  static final ObjectMapper JSON = new ObjectMapper();

  private final Store store;
  private final Index index;

  private Recording(Store store, Index index) {
    this.store = store;
    this.index = index;
  }

  public static Recording open(Store store, CheckpointRef ref) {
    try {
      byte[] json = Files.readAllBytes(store.verify(ref));
      return new Recording(store, JSON.readValue(json, Index.class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All sequences of a split, each one token longer than the states: the last is a target only. */
  public Sequences tokens(Split split) {
    return RecordedTokens.of(store.safetensors(index.tokens()), split);
  }

  /** Channel contributions of a layer's FFN (appendix A). */
  public float[] contribution(int layer) {
    FloatBuffer values = store.safetensors(index.importance()).fp32(channels(layer));
    float[] contribution = new float[values.remaining()];
    values.get(contribution);
    return contribution;
  }

  /**
   * How much each KV head of a layer's attention gives to its output, or null in a recording of an
   * earlier version.
   */
  public float[] headContribution(int layer) {
    SafetensorsFile file = store.safetensors(index.importance());
    if (!file.names().contains(heads(layer))) {
      return null;
    }
    FloatBuffer values = file.fp32(heads(layer));
    float[] contribution = new float[values.remaining()];
    values.get(contribution);
    return contribution;
  }

  /** States of one layer on one split; those of {@code TRAIN} as far as they are on disk. */
  public Tape tape(int layer, Split split, Place place) {
    boolean training = split == Split.TRAIN || index.heldOut() == null;
    List<CheckpointRef> files = training ? index.layers() : index.heldOut();
    return new Tape(store.safetensors(files.get(layer)), split.tensor(place.suffix));
  }

  /**
   * What a block of one layer is trained on. States that are not on disk are made again.
   *
   * @param begin where the block under training begins
   * @param tapeBytes training states that may stay on disk, 0 for all
   */
  public Training training(int layer, Place begin, Decoder parent, long tapeBytes) {
    return new TrainingTapes(store, index.layers(), tapeBytes)
        .open(layer, begin, parent, index.batch(), () -> all(tokens(Split.TRAIN)));
  }

  /**
   * @param inputs of the block
   * @param outputs of the parent's
   */
  public record Training(Tape inputs, Tape outputs) {}

  /**
   * The parent's logits on a held-out split, less the largest of each token, [sequences, tokens,
   * vocabulary].
   */
  public Tape logits(Split split) {
    return new Tape(store.safetensors(index.logits()), split.tensor("logits"));
  }

  /** What the parent says to the sequences of the benchmark, [sequences, 2, tokens]. */
  public FloatBuffer graded() {
    return store.safetensors(index.graded()).fp32(GRADED);
  }

  static int[][] all(Sequences sequences) {
    return sequences.read(0, Math.toIntExact(sequences.count()));
  }

  static String heads(int layer) {
    return "layers." + layer + ".kv_heads";
  }

  static String channels(int layer) {
    return "layers." + layer + ".channels";
  }

  static String tensor(Split split, Place place) {
    return split.tensor(place.suffix);
  }
}

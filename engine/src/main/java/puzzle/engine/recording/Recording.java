package puzzle.engine.recording;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;

/**
 * What the parent did on the corpus, on disk: per layer its input and its state between attention
 * and FFN, the importances of its FFN channels and heads, its final states on the held-out
 * sequences, and the tokens themselves. Everything a later task needs of parent and corpus besides
 * the weights, so that no task depends on another having run in the same process.
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

    String prefix() {
      return prefix;
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

    String suffix() {
      return suffix;
    }
  }

  static final ObjectMapper JSON = new ObjectMapper();

  private final Store store;
  private final RecordingIndex index;

  private Recording(Store store, RecordingIndex index) {
    this.store = store;
    this.index = index;
  }

  public static Recording open(Store store, CheckpointRef ref) {
    try {
      byte[] json = Files.readAllBytes(store.verify(ref));
      return new Recording(store, JSON.readValue(json, RecordingIndex.class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All sequences of a split, each one token longer than the states: the last is a target only. */
  public Sequences tokens(Split split) {
    return RecordedTokens.of(store.safetensors(index.tokens()), split);
  }

  /** Channel contributions of a layer's FFN (appendix A); null if the parent's is not gated. */
  public float[] contribution(int layer) {
    return importance(channels(layer));
  }

  /**
   * How much each KV head of a layer's attention gives to its output; null if the parent has none
   * there.
   */
  public float[] headContribution(int layer) {
    return importance(heads(layer));
  }

  private float[] importance(String name) {
    SafetensorsFile file = store.safetensors(index.importance());
    if (!file.names().contains(name)) {
      return null;
    }
    FloatBuffer values = file.fp32(name);
    float[] contribution = new float[values.remaining()];
    values.get(contribution);
    return contribution;
  }

  /** Inputs of one layer on a split that is run on from there. */
  public Tape inputs(int layer, Split split) {
    return index.tape(store, split, Place.INPUT, layer, null);
  }

  /**
   * The final hidden states on a held-out split, before the parent's final norm: what there is of
   * its logits, which its head gives again.
   */
  public Tape last(Split split, DecoderConfig parent) {
    return inputs(parent.layers(), split);
  }

  /**
   * What a block of one layer is measured on while it is trained.
   *
   * @param begin where the block begins
   */
  public Training heldOut(int layer, Place begin, Decoder parent) {
    return new Training(
        index.tape(store, Split.SCORING, begin, layer, parent), inputs(layer + 1, Split.SCORING));
  }

  /**
   * What a block of one layer is trained on. States that are not on disk are made again.
   *
   * @param begin where the block under training begins
   * @param tapeBytes training states that may stay on disk, 0 for all
   */
  public Training training(int layer, Place begin, Decoder parent, long tapeBytes) {
    return new TrainingTapes(store, index, tokens(Split.TRAIN), tapeBytes)
        .open(layer, begin, parent);
  }

  /**
   * @param inputs of the block
   * @param outputs of the parent's
   */
  public record Training(Tape inputs, Tape outputs) {}

  static String heads(int layer) {
    return "layers." + layer + ".kv_heads";
  }

  static String channels(int layer) {
    return "layers." + layer + ".channels";
  }
}

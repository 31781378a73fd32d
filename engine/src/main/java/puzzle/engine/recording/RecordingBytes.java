package puzzle.engine.recording;

import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.safetensors.ElementType;
import puzzle.model.Precision;
import puzzle.model.RunSpec;

/**
 * Disk that a recording takes, but for headers and index: what the recorder goes by, and what a
 * plan says.
 *
 * @param length tokens of a sequence that are run
 * @param type of the states
 */
public record RecordingBytes(DecoderConfig parent, int length, ElementType type) {

  /**
   * Of a recording that is to come. What {@code auto} computes in is known once it computes: until
   * then it is taken to be what needs more room.
   */
  public static RecordingBytes of(RunSpec spec, DecoderConfig parent) {
    return new RecordingBytes(parent, spec.corpus().sequenceTokens(), type(spec.precision()));
  }

  /** What states are kept in by a run that computes in a precision. */
  public static ElementType type(Precision computing) {
    return computing == Precision.BF16 ? ElementType.BF16 : ElementType.F32;
  }

  /** Whether the state in the middle of a layer is recorded. */
  boolean middle() {
    return RecomputedMiddle.recorded(type, parent, length);
  }

  private long place(long sequences, ElementType as) {
    return sequences * length * parent.hiddenSize() * as.bytes();
  }

  /** States of one layer; of the last ones, the layer behind all others, there is one place. */
  private long layer(long sequences, int layer) {
    return place(sequences, type) * (middle() && layer < parent.layers() ? 2 : 1);
  }

  /** How many layers' training states are kept, from the first on. */
  int kept(long sequences, long budget) {
    int kept = 0;
    long bytes = 0;
    while (kept <= parent.layers()) {
      bytes += layer(sequences, kept);
      if (budget > 0 && bytes > budget) {
        break;
      }
      kept++;
    }
    return kept;
  }

  /** The least budget that training works with: it reads two layers' states. */
  public long least(long sequences) {
    return layer(sequences, 0) + layer(sequences, 1);
  }

  /**
   * Training states that are kept.
   *
   * @param budget 0 for no limit
   */
  public long training(long sequences, long budget) {
    int kept = kept(sequences, budget);
    long bytes = 0;
    for (int layer = 0; layer < kept; layer++) {
      bytes += layer(sequences, layer);
    }
    return bytes;
  }

  /** States of sequences that are run on from every layer. */
  public long everyLayer(long sequences) {
    long bytes = last(sequences);
    for (int layer = 0; layer < parent.layers(); layer++) {
      bytes += layer(sequences, layer);
    }
    return bytes;
  }

  /** Final states of held-out sequences, which stay in fp32. */
  public long last(long sequences) {
    return place(sequences, ElementType.F32);
  }

  /** Tokens of sequences. */
  public long tokens(long sequences) {
    return sequences * (length + 1L) * ElementType.I32.bytes();
  }

  /** Two layers' states of all sequences, which are there while the parent runs, whatever stays. */
  public long passing(long sequences) {
    return 2 * place(sequences, ElementType.F32);
  }

  /**
   * All that the recording of a run leaves.
   *
   * @param benchmark sequences of the benchmark
   */
  public long all(RunSpec spec, long benchmark) {
    long train = spec.bld().sequences();
    long scoring = spec.scoring().sequences();
    long other = (long) spec.scoring().evaluationSequences() + spec.scoring().selectionSequences();
    long gkd = (long) spec.gkd().steps() * spec.gkd().batch();
    return training(train, spec.bld().safeguards().tapeBytes())
        + everyLayer(scoring + benchmark)
        + last(other)
        + tokens(train + scoring + other + benchmark + gkd);
  }
}

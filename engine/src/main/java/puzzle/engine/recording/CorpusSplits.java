package puzzle.engine.recording;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.data.Corpus;
import puzzle.engine.data.PackedSequences;
import puzzle.engine.data.PackedSequences.Watch;
import puzzle.engine.data.RunText;
import puzzle.engine.data.Sequences;
import puzzle.engine.data.Tokenizer;
import puzzle.engine.recording.Recording.Split;
import puzzle.model.RunSpec;

/** The sequences of a run's corpus, dealt out to the uses that must not share any. */
public final class CorpusSplits {

  private CorpusSplits() {}

  /**
   * Sequences of one token more than is run: the last is a target only.
   *
   * @param watch told how far the text is read
   */
  public static Map<Split, Sequences> read(RunSpec spec, int vocabSize, Watch watch) {
    return read(spec, RunText.pools(spec), vocabSize, watch);
  }

  /** The same of another text. */
  public static Map<Split, Sequences> read(RunSpec spec, Corpus text, int vocabSize) {
    List<PackedSequences.Pool> one = List.of(new PackedSequences.Pool("the corpus", text, 1));
    return read(spec, one, vocabSize, Watch.NONE);
  }

  private static Map<Split, Sequences> read(
      RunSpec spec, List<PackedSequences.Pool> pools, int vocabSize, Watch watch) {
    Tokenizer tokenizer = Tokenizer.open(Path.of(spec.parent()));
    Path store = Path.of(spec.store());
    PackedSequences data =
        new PackedSequences(
            pools,
            tokenizer,
            RunText.packing(spec, tokenizer, vocabSize),
            Files.isDirectory(store) ? store : null);
    long bld = spec.bld().sequences();
    long gkd = (long) spec.gkd().steps() * spec.gkd().batch();
    long scoring = spec.scoring().sequences();
    long evaluation = spec.scoring().evaluationSequences();
    long selection = spec.scoring().selectionSequences();
    PackedSequences.Taken taken = data.take(bld + gkd, scoring + evaluation + selection, watch);
    Map<Split, Sequences> tokens = new EnumMap<>(Split.class);
    tokens.put(Split.TRAIN, taken.train().part(0, bld));
    tokens.put(Split.GKD, taken.train().part(bld, gkd));
    tokens.put(Split.SCORING, taken.heldOut().part(0, scoring));
    tokens.put(Split.EVALUATION, taken.heldOut().part(scoring, evaluation));
    if (selection > 0) {
      tokens.put(Split.SELECTION, taken.heldOut().part(scoring + evaluation, selection));
    }
    return tokens;
  }
}

package puzzle.engine.recording;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import puzzle.engine.data.Corpus;
import puzzle.engine.data.PackedSequences;
import puzzle.engine.data.Packing;
import puzzle.engine.data.Tokenizer;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.recording.Recording.Split;
import puzzle.model.RunSpec;

/** The sequences of a run's corpus, dealt out to the uses that must not share any. */
public final class CorpusSplits {

  /** Line feed: ends a document where the parent's config names no end-of-text token. */
  private static final int DEFAULT_SEPARATOR = '\n';

  private CorpusSplits() {}

  /** Sequences of one token more than is run: the last is a target only. */
  public static Map<Split, int[][]> read(RunSpec spec, int vocabSize) {
    return read(
        spec, Corpus.open(spec.corpus().sources().stream().map(s -> s.path()).toList()), vocabSize);
  }

  /** The same of another text. */
  public static Map<Split, int[][]> read(RunSpec spec, Corpus text, int vocabSize) {
    Path parent = Path.of(spec.parent());
    RunSpec.Corpus corpus = spec.corpus();
    PackedSequences data =
        new PackedSequences(
            text,
            Tokenizer.open(parent),
            new Packing(
                corpus.sequenceTokens() + 1,
                vocabSize,
                HuggingFaceConfig.eosToken(parent).orElse(DEFAULT_SEPARATOR),
                corpus.validationShare(),
                Packing.SPLIT_SEED,
                spec.seed()));
    int bld = spec.bld().sequences();
    int gkd = spec.gkd().steps() * spec.gkd().batch();
    int scoring = spec.scoring().sequences();
    int evaluation = spec.scoring().evaluationSequences();
    int[][] train = data.train(bld + gkd);
    int selection = spec.scoring().selectionSequences();
    int[][] heldOut = data.validation(scoring + evaluation + selection);
    Map<Split, int[][]> tokens = new EnumMap<>(Split.class);
    tokens.put(Split.TRAIN, rows(train, 0, bld));
    tokens.put(Split.GKD, rows(train, bld, gkd));
    tokens.put(Split.SCORING, rows(heldOut, 0, scoring));
    tokens.put(Split.EVALUATION, rows(heldOut, scoring, evaluation));
    if (selection > 0) {
      tokens.put(Split.SELECTION, rows(heldOut, scoring + evaluation, selection));
    }
    return tokens;
  }

  private static int[][] rows(int[][] all, int from, int count) {
    return Arrays.copyOfRange(all, from, from + count);
  }
}

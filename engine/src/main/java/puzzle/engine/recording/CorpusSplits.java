package puzzle.engine.recording;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import puzzle.engine.data.Corpus;
import puzzle.engine.data.PackedSequences;
import puzzle.engine.data.Packing;
import puzzle.engine.data.Sequences;
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
  public static Map<Split, Sequences> read(RunSpec spec, int vocabSize) {
    return read(
        spec, Corpus.open(spec.corpus().sources().stream().map(s -> s.path()).toList()), vocabSize);
  }

  /** The same of another text. */
  public static Map<Split, Sequences> read(RunSpec spec, Corpus text, int vocabSize) {
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
    Sequences train = Sequences.of(data.train(bld + gkd));
    int selection = spec.scoring().selectionSequences();
    Sequences heldOut = Sequences.of(data.validation(scoring + evaluation + selection));
    Map<Split, Sequences> tokens = new EnumMap<>(Split.class);
    tokens.put(Split.TRAIN, train.part(0, bld));
    tokens.put(Split.GKD, train.part(bld, gkd));
    tokens.put(Split.SCORING, heldOut.part(0, scoring));
    tokens.put(Split.EVALUATION, heldOut.part(scoring, evaluation));
    if (selection > 0) {
      tokens.put(Split.SELECTION, heldOut.part(scoring + evaluation, selection));
    }
    return tokens;
  }
}

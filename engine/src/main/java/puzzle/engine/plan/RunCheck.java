package puzzle.engine.plan;

import java.nio.file.Path;
import puzzle.engine.data.RunText;
import puzzle.engine.data.TextReport;
import puzzle.engine.data.TokenizerFile;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.score.Benchmarks;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;

/**
 * What a run would find wrong in its middle, found before it starts: whether parent, tokenizer,
 * text, prompts and batches go together.
 */
public final class RunCheck {

  private RunCheck() {}

  /**
   * @return what the text is like
   * @throws InvalidInputException naming key or file, and value
   */
  public static TextReport require(RunSpec spec, DecoderConfig model) {
    Path parent = Path.of(spec.parent());
    requirePositions(spec, model);
    requireBatches(spec, model);
    requireVocabulary(parent, model);
    TextReport text = TextReport.of(spec, model.vocabSize());
    if (spec.scoring().benchmark() != null) {
      int length = spec.corpus().sequenceTokens() + 1;
      Benchmarks.padded(
          Benchmarks.open(
              spec.scoring().benchmark(), RunText.prompts(spec, model.vocabSize())::apply, length),
          length,
          model.vocabSize());
    }
    return text;
  }

  private static void requirePositions(RunSpec spec, DecoderConfig model) {
    int tokens = spec.corpus().sequenceTokens();
    if (tokens > model.maxPositions()) {
      throw new InvalidInputException(
          "corpus.sequenceTokens: sequences of %d tokens, the parent has %d positions.%nMaybe corpus.sequenceTokens: %d."
              .formatted(tokens, model.maxPositions(), model.maxPositions()));
    }
  }

  /** States of the sequences of one pass go through one buffer. */
  private static void requireBatches(RunSpec spec, DecoderConfig model) {
    long width = (long) spec.corpus().sequenceTokens() * model.hiddenSize();
    int micro = spec.bld().safeguards().microBatch();
    requireBatch("scoring.batch", spec.scoring().batch(), width);
    requireBatch("bld.microBatch", micro == 0 ? spec.bld().batch() : micro, width);
    requireBatch("gkd.microBatch", spec.gkd().passSequences(), width);
  }

  private static void requireBatch(String key, int sequences, long width) {
    long most = SafetensorsFile.MAX_ELEMENTS / width;
    if (most < 1) {
      throw new InvalidInputException(
          "corpus.sequenceTokens: the states of one sequence are over 2 GiB.%nMaybe shorter ones.");
    }
    if (sequences > most) {
      throw new InvalidInputException(
          "%s: the states of %d sequences in one pass are over 2 GiB.%nMaybe %s: %d."
              .formatted(key, sequences, key, most));
    }
  }

  private static void requireVocabulary(Path parent, DecoderConfig model) {
    Path file = parent.resolve("tokenizer.json");
    long largest = TokenizerFile.largestId(file);
    if (largest >= model.vocabSize()) {
      throw new InvalidInputException(
          "%s: has a token %d, the parent has tokens 0 to %d.%nMaybe tokenizer.json and config.json are of different models."
              .formatted(file, largest, model.vocabSize() - 1));
    }
  }
}

package puzzle.engine.score;

import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.recording.Tape;
import puzzle.model.Part;
import puzzle.model.RunSpec;
import puzzle.model.Score;

/**
 * Replace-one-block scores (section 4.2): how much worse the parent gets with exactly one block
 * replaced, by every metric at once. The layers below are the parent's, so its recorded input of
 * the layer starts the run and only the suffix of the model is computed.
 *
 * @param settings metric, top-k and sequences per forward pass
 * @param benchmark the one that was recorded, or null
 */
public record SuffixScorer(
    Decoder parent, Recording recording, RunSpec.Scoring settings, Benchmark benchmark) {

  /**
   * The score by the run's metric, with all other metrics of the same pass; each with its standard
   * error over sequences. Null weights stand for the parent's own.
   */
  public Score score(int layer, SubblockWeights attention, SubblockWeights ffn, Monitor monitor) {
    SubblockWeights ownAttention = attention == null ? null : parent.replace(layer, attention);
    SubblockWeights ownFfn = ffn == null ? null : parent.replace(layer, ffn);
    try {
      return Score.measured(
          settings.metric(),
          new Comparison(parent, parent, recording, settings, benchmark)
              .run(
                  Split.SCORING,
                  new Part(0, 1, settings.batch()),
                  (split, first, tokens, output, tick) ->
                      Passes.run(
                          parent,
                          layer,
                          (int) tokens.count(),
                          settings.batch(),
                          inputs(layer, split),
                          output,
                          tick),
                  monitor)
              .quality()
              .measures());
    } finally {
      if (ownAttention != null) {
        parent.replace(layer, ownAttention);
      }
      if (ownFfn != null) {
        parent.replace(layer, ownFfn);
      }
    }
  }

  private Passes.Input inputs(int layer, Split split) {
    Tape tape = recording.inputs(layer, split);
    return (from, count) -> tape.read(parent.manager(), from, count);
  }
}

package puzzle.engine.plan;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.RunSpec;

/**
 * What is allowed and likely a mistake: values that suit a model of a few million parameters, given
 * for a real one. The bounds are far from what NVIDIA's published configs say (ModelOpt's
 * puzzletron: BLD at a rate of 1e-4, distillation at 1e-5, sequences of 4096 tokens), so that only
 * what is meant for a toy is named.
 */
public record Advice(RunSpec spec, DecoderConfig model) {

  /** From here on values for toys are named. */
  private static final long REAL = 100_000_000;

  private static final long BILLION = 1_000_000_000;
  private static final double BLD_RATE = 5e-4;
  private static final double GKD_RATE = 1e-4;
  private static final int SEQUENCE_TOKENS = 512;
  private static final long BLD_TOKENS = 1_000_000;
  private static final long SCORING_TOKENS = 16_384;

  /** One sentence each. */
  public List<String> all() {
    List<String> all = new ArrayList<>();
    if (model.params() < REAL) {
      return all;
    }
    if (spec.target().measuredLocally() && model.params() > BILLION && noGpu()) {
      all.add(
          "target.hardware: local measures a parent of %s parameters on this processor, which no server will run it on; h100 models a GPU at once."
              .formatted(count(model.params())));
    }
    rate(all, "bld.learningRate", spec.bld().learningRate(), BLD_RATE, "1e-4");
    if (!spec.gkd().losses().isEmpty()) {
      rate(all, "gkd.learningRate", spec.gkd().learningRate(), GKD_RATE, "1e-5");
    }
    int tokens = spec.corpus().sequenceTokens();
    few(all, "corpus.sequenceTokens", tokens, SEQUENCE_TOKENS, "calibrate on 4096");
    long trained = (long) spec.bld().steps() * spec.bld().batch() * tokens;
    few(all, "bld.steps by bld.batch, in tokens", trained, BLD_TOKENS, "train on 0.5 to 1 billion");
    long scored = (long) spec.scoring().sequences() * tokens;
    few(all, "scoring.sequences, in tokens", scored, SCORING_TOKENS, "score on half a million");
    return all;
  }

  private void rate(List<String> all, String key, double value, double most, String usual) {
    if (value > most) {
      all.add(
          "%s: %s is for toys; for %s parameters NVIDIA's configs say %s."
              .formatted(key, value, count(model.params()), usual));
    }
  }

  private void few(List<String> all, String key, long value, long least, String usual) {
    if (value < least) {
      all.add(
          "%s: %d is for toys; for %s parameters paper and configs %s."
              .formatted(key, value, count(model.params()), usual));
    }
  }

  private static String count(long params) {
    return params < BILLION
        ? "%d million".formatted(params / 1_000_000)
        : "%.1f billion".formatted(params / 1e9);
  }

  private static boolean noGpu() {
    return !Files.exists(Path.of("/proc/driver/nvidia/version"));
  }
}

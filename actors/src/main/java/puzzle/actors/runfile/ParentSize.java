package puzzle.actors.runfile;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import puzzle.model.RunDraft;

/**
 * What holds if a run file leaves it out, by the parent's size: what trains a toy in a minute ruins
 * a real model. docs/run-file.md says where the numbers come from.
 */
enum ParentSize {
  TOY("", 0),
  SMALL("from 100 M parameters", 100_000_000),
  LARGE("from 1 B parameters", 1_000_000_000);

  /** Of the parents that it is for, in words. */
  final String words;

  private final long least;

  ParentSize(String words, long least) {
    this.words = words;
    this.least = least;
  }

  static ParentSize of(long params) {
    return params >= LARGE.least ? LARGE : params >= SMALL.least ? SMALL : TOY;
  }

  /** By a choice for each size. */
  private <V> V choose(V toy, V small, V large) {
    return this == TOY ? toy : this == SMALL ? small : large;
  }

  RunDraft.Corpus corpus() {
    RunDraft.Corpus corpus = new RunDraft.Corpus();
    corpus.sequenceTokens = choose(corpus.sequenceTokens, 1024, 4096);
    return corpus;
  }

  RunDraft.Bld bld() {
    RunDraft.Bld bld = new RunDraft.Bld();
    if (this != TOY) {
      bld.sequences = 512;
      bld.batch = 16;
      bld.steps = 500;
      bld.warmupSteps = 25;
      bld.learningRate = 1e-4;
      bld.weightDecay = 0.1;
      bld.safeguards = bld.safeguards.with(s -> s.microBatch = choose(0, 4, 1));
    }
    return bld;
  }

  RunDraft.Scoring scoring() {
    RunDraft.Scoring scoring = new RunDraft.Scoring();
    scoring.sequences = choose(scoring.sequences, 64, 64);
    scoring.batch = choose(scoring.batch, 4, 1);
    return scoring;
  }

  RunDraft.Gkd gkd() {
    RunDraft.Gkd gkd = new RunDraft.Gkd();
    if (this != TOY) {
      gkd.batch = choose(gkd.batch, 32, 128);
      gkd.learningRate = 1e-5;
      gkd.weightDecay = 0;
      gkd.microBatch = choose(gkd.microBatch, 4, 1);
    }
    return gkd;
  }

  /** Of a run whose file has none of these sections. */
  void fill(RunDraft run) {
    run.bld = bld().build();
    run.scoring = scoring().build();
    run.gkd = gkd().build();
  }

  /** The defaults of each size above the least, by what is said of it. */
  static <R> Map<String, R> larger(Function<ParentSize, R> defaults) {
    Map<String, R> larger = new LinkedHashMap<>();
    for (ParentSize size : values()) {
      if (size != TOY) {
        larger.put(size.words, defaults.apply(size));
      }
    }
    return larger;
  }
}

package puzzle.engine.tasks;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import puzzle.engine.BlockEngine;
import puzzle.engine.TaskFailedException;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.huggingface.SmallParent;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.DType;
import puzzle.model.RunDraft;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Workload;

/** A parent of random weights on disk, a little text, and a run file's worth of settings. */
public final class SmallRun {

  public static final int LAYERS = SmallParent.LAYERS;
  public static final Workload WORKLOAD = new Workload(2, 16, 4, DType.BF16, DType.BF16, 1);

  private static final String WORDS =
      "the parent teaches a child what it knows of every layer and block";

  private SmallRun() {}

  public static DecoderConfig config() {
    return SmallParent.config();
  }

  /** Writes the parent and the text below {@code folder}; the store is there too. */
  public static RunSpec in(Path folder) throws IOException {
    return in(folder, config(), 400);
  }

  /** The same for another parent and more text. */
  static RunSpec in(Path folder, DecoderConfig config, int documents) throws IOException {
    Path parent = folder.resolve("parent");
    SmallParent.write(parent, config);
    Path text = folder.resolve("corpus.lines.txt");
    SmallParent.writeText(text, WORDS, documents);
    return RunSpec.of(
        s -> {
          s.id = new RunId("small");
          s.parent = parent.toString();
          s.store = folder.resolve("store").toString();
          s.seed = 5;
          s.corpus = RunSpec.Corpus.of(text.toString(), 0.2, 24);
          s.space = SearchSpace.standard(config.kvHeads(), config.intermediateSize(), 1);
          s.bld =
              s.bld.with(
                  b -> {
                    b.sequences = 24;
                    b.batch = 4;
                    b.steps = 12;
                    b.warmupSteps = 2;
                    b.learningRate = 3e-3;
                    b.mode = RunSpec.Bld.Mode.DECOUPLED;
                    b.safeguards = RunSpec.Safeguards.NONE;
                  });
          s.scoring = new RunSpec.Scoring(8, 8, 4, Score.Metric.KL, 1, null, 0, 0);
          s.profiling = new RunSpec.Profiling(1, 3);
          s.target = new Target("local", List.of(new Target.Goal(WORKLOAD, List.of())));
          s.gkd =
              s.gkd.with(
                  g -> {
                    g.batch = 4;
                    g.steps = 10;
                    g.warmupSteps = 2;
                    g.learningRate = 3e-3;
                    g.weightDecay = 0;
                    g.checkpointSteps = 3;
                  });
        });
  }

  /** The same run with a BLD that differs. */
  public static RunSpec bld(RunSpec spec, Consumer<RunDraft.Bld> change) {
    return spec.with(s -> s.bld = s.bld.with(change));
  }

  /** The same run with a GKD that differs. */
  public static RunSpec gkd(RunSpec spec, Consumer<RunDraft.Gkd> change) {
    return spec.with(s -> s.gkd = s.gkd.with(change));
  }

  /** Trains a block for every layer and says what is to be healed. */
  public static Task.Gkd heal(
      BlockEngine engine, RunSpec spec, Block block, CheckpointRef recording)
      throws TaskFailedException {
    List<Task.Weights> layers = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      layers.add(
          new Task.Weights(
              trained(engine, spec, new Task.Bld(layer, block.attention(), recording)),
              trained(engine, spec, new Task.Bld(layer, block.ffn(), recording))));
    }
    return new Task.Gkd(Architecture.uniform(block, LAYERS), layers, recording, List.of(), 0, null);
  }

  private static CheckpointRef trained(BlockEngine engine, RunSpec spec, Task.Bld task)
      throws TaskFailedException {
    return ((TaskResult.Trained) engine.run(spec, task, BlockEngine.Monitor.NONE)).weights();
  }

  /** A run of another parent in which each step and each pass takes one batch of its sequences. */
  public static RunSpec sized(
      RunSpec spec, Path parent, String corpus, int tokens, int batch, int steps) {
    DecoderConfig config = HuggingFaceConfig.read(parent);
    return spec.with(
        s -> {
          s.parent = parent.toString();
          s.corpus = RunSpec.Corpus.of(corpus, 0.05, tokens);
          s.space = SearchSpace.standard(config.kvHeads(), config.intermediateSize(), 1);
          s.bld =
              s.bld.with(
                  b -> {
                    b.sequences = batch;
                    b.batch = batch;
                    b.steps = steps;
                    b.warmupSteps = 1;
                    b.learningRate = 1e-3;
                  });
          s.scoring = new RunSpec.Scoring(batch, batch, batch, Score.Metric.KL, 1, null, 0, 0);
          s.gkd =
              s.gkd.with(
                  g -> {
                    g.batch = batch;
                    g.steps = steps;
                    g.warmupSteps = 1;
                    g.learningRate = 1e-3;
                    g.weightDecay = 0.01;
                    g.checkpointSteps = 1000;
                  });
        });
  }
}

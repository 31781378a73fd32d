package puzzle.engine.ablation;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.ablation.Recordings.Recorded;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.gkd.GlobalDistillation;
import puzzle.engine.gkd.TrainedChild;
import puzzle.engine.nn.Decoder;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.score.AssembledWeights;
import puzzle.engine.score.ModelEvaluator;
import puzzle.model.RunSpec;
import puzzle.model.Score;

/**
 * Whole models: assembled, measured against the parent on sequences that nothing trained on and
 * nothing was scored or chosen with, and healed.
 */
record Assemblies(Study study) {

  /**
   * Means over tokens.
   *
   * @param top1 share of tokens predicted, below the parent's
   */
  record Quality(double loss, double kl, double top1) {}

  /** A model to heal with these losses. */
  record Healing(Model model, Set<RunSpec.Gkd.Loss> losses) {}

  /** Qualities in the order of the models. */
  List<Quality> evaluate(List<Model> models, StudyText data, long seed) {
    Recorded recorded = study.recordings().get(data, seed);
    study.progress().accept("evaluating %d models, seed %d".formatted(models.size(), seed));
    List<Workers.Job<Quality>> jobs = new ArrayList<>();
    for (Model model : models) {
      jobs.add(
          study.job(
              "evaluations",
              recorded.key() + " " + model.key(),
              Quality.class,
              parent -> {
                try (Decoder assembled = assembled(parent, model)) {
                  return quality(assembled, parent, recorded);
                }
              }));
    }
    return study.workers().all(jobs);
  }

  /** Qualities after GKD, in order. */
  List<Quality> heal(List<Healing> gkds, long seed) {
    Recorded recorded = study.recordings().get(StudyText.BROAD, seed);
    study.progress().accept("GKD %d models, seed %d".formatted(gkds.size(), seed));
    List<Workers.Job<Quality>> jobs = new ArrayList<>();
    for (Healing gkd : gkds) {
      RunSpec.Gkd settings = study.scale().gkd(study.run(), gkd.losses());
      String key = recorded.key() + " " + gkd.model().key() + " " + settings;
      jobs.add(
          study.job(
              "gkds",
              key,
              Quality.class,
              parent -> healed(parent, gkd.model(), settings, recorded, seed)));
    }
    return study.workers().all(jobs);
  }

  private Quality healed(
      Decoder parent, Model model, RunSpec.Gkd settings, Recorded recorded, long seed) {
    try (Decoder child = assembled(parent, model)) {
      new GlobalDistillation(
              parent,
              TrainedChild.whole(child),
              settings,
              recorded.open(),
              Study.seed(seed, 0, "gkd"))
          .run(Monitor.NONE);
      return quality(child, parent, recorded);
    }
  }

  private Quality quality(Decoder model, Decoder parent, Recorded recorded) {
    ModelEvaluator.Quality quality =
        ModelEvaluator.evaluate(
            model,
            parent,
            recorded.open(),
            Split.EVALUATION,
            study.scale().scoring(study.run()),
            null,
            Monitor.NONE);
    Score.Measure top1 = Score.find(Score.Metric.TOP_K, quality.measures()).orElseThrow();
    return new Quality(quality.loss(), quality.kl(), top1.value());
  }

  private Decoder assembled(Decoder parent, Model model) {
    DecoderConfig config = parent.config().with(model.architecture());
    WeightSource own = SafetensorsFolder.open(Path.of(study.run().parent()));
    WeightSource weights =
        model.library() == null
            ? new RandomLayers(own, new RandomWeights(config, model.randomSeed()))
            : new AssembledWeights(config, own, model.library().store(), model.weights());
    return Decoder.trainable(
        config, weights, study.run().corpus().sequenceTokens(), parent.precision());
  }

  /** The parent's embedding, final norm and head around layers drawn at random. */
  private record RandomLayers(WeightSource parent, WeightSource random) implements WeightSource {

    private WeightSource of(String name) {
      return name.startsWith("model.layers.") ? random : parent;
    }

    @Override
    public Set<String> names() {
      return random.names();
    }

    @Override
    public long[] shape(String name) {
      return of(name).shape(name);
    }

    @Override
    public FloatBuffer fp32(String name) {
      return of(name).fp32(name);
    }

    @Override
    public void read(String name, long first, FloatBuffer into) {
      of(name).read(name, first, into);
    }
  }
}

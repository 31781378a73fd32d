package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.ablation.Recordings.Recorded;
import puzzle.engine.bld.BlockDistillation;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.recording.Recording;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.score.SuffixScorer;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.Score.Metric;
import puzzle.model.SearchSpace;
import puzzle.model.Seeds;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.Variant;

/**
 * Libraries and scores of a study, each made once and kept in its folder. What is drawn at random
 * depends on the seed, the layer and the variant alone, so cells that differ in one setting share
 * all else.
 */
final class StudyLibraries {

  /**
   * A block's score by every metric, larger is worse.
   *
   * @param loss above the parent's, nats per token
   * @param top1 share of tokens predicted, below the parent's
   */
  record BlockScore(double kl, double loss, double top1) {}

  /** Scores of a layer's blocks by name. */
  record LayerScores(Map<String, BlockScore> blocks) {}

  private final StudySize scale;
  private final RunSpec run;
  private final SearchSpace space;
  private final int layers;
  private final Recordings recordings;
  private final ResultCache cache;
  private final Workers workers;
  private final Consumer<String> progress;

  StudyLibraries(
      StudySize scale,
      RunSpec run,
      int layers,
      Recordings recordings,
      ResultCache cache,
      Workers workers,
      Consumer<String> progress) {
    this.scale = scale;
    this.run = run;
    this.space = scale.space(run.space());
    this.layers = layers;
    this.recordings = recordings;
    this.cache = cache;
    this.workers = workers;
    this.progress = progress;
  }

  SearchSpace space() {
    return space;
  }

  StudySize scale() {
    return scale;
  }

  RunSpec run() {
    return run;
  }

  /** Every variant by decoupled BLD; with 0 steps as initialised. */
  Library library(StudyText data, long seed, int steps) {
    Recorded recorded = recordings.get(data, seed);
    String name = "decoupled-%d-%s".formatted(steps, bldKey(steps).substring(0, 6));
    List<Variant> trainable = space.variants().stream().filter(space::trainable).toList();
    progress.accept(
        "library, seed %d, %s, %d steps of %d sequences"
            .formatted(seed, data, steps, scale.batch()));
    List<Map<Variant, CheckpointRef>> variants =
        trained(
            Collections.nCopies(layers, trainable),
            (layer, variant) ->
                "%s %s %d %s".formatted(recorded.key(), name, layer, variant.name()),
            (parent, layer, variant) ->
                trained(parent, recorded, name, layer, variant, seed, steps));
    return new Library(name, recorded.store(), variants, Collections.nCopies(layers, Map.of()));
  }

  private CheckpointRef trained(
      Decoder parent,
      Recorded recorded,
      String library,
      int layer,
      Variant variant,
      long seed,
      int steps) {
    Recording recording = recorded.open();
    SubblockWeights child = initialised(parent, recording, layer, variant);
    try {
      BlockDistillation distillation =
          new BlockDistillation(parent, layer, scale.bld(run, steps), recording);
      if (steps > 0) {
        distillation.run(child, seed(seed, layer, variant.name()), Monitor.NONE);
      } else if (variant.form() == Variant.Form.LINEAR) {
        distillation.scale(child);
      }
      return put(recorded.store(), library, layer, variant.name(), List.of(child));
    } finally {
      child.close();
    }
  }

  /**
   * The library with some blocks' halves trained together, from where decoupled training left them.
   * Pairs with the parent's half are left as they are: that is what decoupled training trained.
   */
  Library coupled(Library from, List<? extends Set<Block>> wanted, int steps, long seed) {
    Recorded recorded = recordings.get(StudyText.BROAD, seed);
    String name =
        "coupled-%d-%s-from-%s".formatted(steps, bldKey(steps).substring(0, 6), from.name());
    List<List<Block>> pairs = wanted.stream().map(this::trainablePairs).toList();
    progress.accept(
        "coupled BLD, seed %d, %d pairs"
            .formatted(seed, pairs.stream().mapToInt(List::size).sum()));
    List<Map<Block, CheckpointRef>> trained =
        trained(
            pairs,
            (layer, block) ->
                "%s %s %d %s from %s"
                    .formatted(recorded.key(), name, layer, block, from.weights(layer, block)),
            (parent, layer, block) ->
                coupled(parent, recorded, name, layer, block, from, steps, seed));
    return new Library(name, from.store(), from.variants(), trained);
  }

  /** One training of a layer's variant or block. */
  private interface Training<T> {
    CheckpointRef run(Decoder parent, int layer, T what);
  }

  /** Files of what is trained, per layer. */
  private <T> List<Map<T, CheckpointRef>> trained(
      List<List<T>> wanted, BiFunction<Integer, T, String> key, Training<T> training) {
    List<Workers.Job<CheckpointRef>> jobs = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      int l = layer;
      for (T what : wanted.get(layer)) {
        jobs.add(
            parent ->
                cache.get(
                    "library",
                    key.apply(l, what),
                    CheckpointRef.class,
                    () -> training.run(parent, l, what)));
      }
    }
    Iterator<CheckpointRef> files = workers.all(jobs).iterator();
    List<Map<T, CheckpointRef>> trained = new ArrayList<>();
    for (List<T> layer : wanted) {
      Map<T, CheckpointRef> one = new LinkedHashMap<>();
      layer.forEach(what -> one.put(what, files.next()));
      trained.add(one);
    }
    return trained;
  }

  private List<Block> trainablePairs(Set<Block> blocks) {
    return blocks.stream().filter(space::trainsWhole).toList();
  }

  private CheckpointRef coupled(
      Decoder parent,
      Recorded recorded,
      String library,
      int layer,
      Block block,
      Library from,
      int steps,
      long seed) {
    Task.Weights files = from.weights(layer, block);
    SubblockWeights attention =
        replacement(parent, from.store(), layer, block.attention(), files.attention());
    SubblockWeights ffn = replacement(parent, from.store(), layer, block.ffn(), files.ffn());
    try {
      new BlockDistillation(parent, layer, scale.bld(run, steps), recorded.open())
          .run(attention, ffn, seed(seed, layer, block.name()), Monitor.NONE);
      return put(recorded.store(), library, layer, block.name(), List.of(attention, ffn));
    } finally {
      attention.close();
      ffn.close();
    }
  }

  private static SubblockWeights initialised(
      Decoder parent, Recording recording, int layer, Variant variant) {
    boolean ffn = variant.subblock() == Subblock.FFN;
    return new Initialisation(
            parent.config(),
            parent.weights(layer, variant.subblock()),
            ffn ? recording.contribution(layer) : null)
        .create(parent.manager(), variant);
  }

  private static CheckpointRef put(
      Store store, String library, int layer, String name, List<SubblockWeights> trained) {
    return store.put(
        StorePaths.trained(library, layer, name), SubblockWeights.writer(layer, trained)::writeTo);
  }

  /** Replace-one-block scores of every block but the parent's, per layer. */
  List<Map<Block, BlockScore>> scores(Library library, StudyText data, long seed) {
    return scores(library, data, seed, Collections.nCopies(layers, space.blocks()));
  }

  /** The same of some blocks. */
  List<Map<Block, BlockScore>> scores(
      Library library, StudyText data, long seed, List<? extends Collection<Block>> wanted) {
    Recorded recorded = recordings.get(data, seed);
    progress.accept("scores, seed %d, %s, %s".formatted(seed, data, library.name()));
    List<Workers.Job<LayerScores>> jobs = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      int l = layer;
      List<Block> blocks =
          wanted.get(layer).stream().filter(b -> !b.equals(space.parent())).toList();
      StringBuilder key = new StringBuilder(recorded.key()).append(" layer ").append(layer);
      for (Block block : blocks) {
        key.append(' ').append(block).append(' ').append(library.weights(layer, block));
      }
      jobs.add(
          parent ->
              cache.get(
                  "scores",
                  key.toString(),
                  LayerScores.class,
                  () -> scored(parent, recorded, library, l, blocks)));
    }
    List<Map<Block, BlockScore>> scores = new ArrayList<>();
    for (LayerScores layer : workers.all(jobs)) {
      Map<Block, BlockScore> one = new LinkedHashMap<>();
      one.put(space.parent(), new BlockScore(0, 0, 0));
      layer.blocks().forEach((name, score) -> one.put(Block.parse(name), score));
      scores.add(one);
    }
    return scores;
  }

  private LayerScores scored(
      Decoder parent, Recorded recorded, Library library, int layer, List<Block> blocks) {
    SuffixScorer scorer = new SuffixScorer(parent, recorded.open(), scale.scoring(run), null);
    Map<String, BlockScore> scores = new LinkedHashMap<>();
    for (Block block : blocks) {
      Task.Weights files = library.weights(layer, block);
      SubblockWeights attention =
          replacement(parent, library.store(), layer, block.attention(), files.attention());
      SubblockWeights ffn = replacement(parent, library.store(), layer, block.ffn(), files.ffn());
      try {
        scores.put(block.name(), score(scorer, layer, attention, ffn));
      } finally {
        close(attention);
        close(ffn);
      }
    }
    return new LayerScores(scores);
  }

  private static BlockScore score(
      SuffixScorer scorer, int layer, SubblockWeights attention, SubblockWeights ffn) {
    Score score = scorer.score(layer, attention, ffn, Monitor.NONE);
    return new BlockScore(
        value(score, Metric.KL), value(score, Metric.LM_LOSS), value(score, Metric.TOP_K));
  }

  private static double value(Score score, Metric metric) {
    return score.measure(metric).orElseThrow().value();
  }

  private SubblockWeights replacement(
      Decoder parent, Store store, int layer, Variant variant, CheckpointRef file) {
    if (variant.equals(space.parent().get(variant.subblock()))) {
      return null;
    }
    SafetensorsFile weights = file == null ? null : store.safetensors(file);
    String prefix = SubblockWeights.prefix(layer);
    return SubblockWeights.create(
        parent.manager(), parent.config(), variant, name -> weights.fp32(prefix + name));
  }

  private static void close(SubblockWeights weights) {
    if (weights != null) {
      weights.close();
    }
  }

  private String bldKey(int steps) {
    return ResultCache.name(scale.bld(run, steps).toString());
  }

  /** What a job draws depends on the study's seed and what the job is, not on when it runs. */
  static long seed(long seed, int layer, String what) {
    return Seeds.of(seed, what) + 31L * layer;
  }
}

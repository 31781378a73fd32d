package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.ablation.Recordings.Recorded;
import puzzle.engine.bld.BlockDistillation;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.recording.Recording;
import puzzle.engine.store.StorePaths;
import puzzle.engine.surgery.Initialisation;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * Libraries of a study, each training made once and kept in the study's folder. What is drawn at
 * random depends on the seed, the layer and the variant alone, so cells that differ in one setting
 * share all else.
 */
record StudyLibraries(Study study) {

  /** What the trainings of one library share. */
  private record Round(Recorded recorded, String name, long seed, int steps) {}

  /** Every variant by decoupled BLD; with 0 steps as initialised. */
  Library library(StudyText data, long seed, int steps) {
    Recorded recorded = study.recordings().get(data, seed);
    String name = "decoupled-%d-%s".formatted(steps, bldKey(steps).substring(0, 6));
    Round round = new Round(recorded, name, seed, steps);
    List<Variant> trainable =
        study.space().variants().stream().filter(study.space()::trainable).toList();
    study
        .progress()
        .accept(
            "library, seed %d, %s, %d steps of %d sequences"
                .formatted(seed, data, steps, study.scale().batch()));
    List<Map<Variant, CheckpointRef>> variants =
        trained(
            Collections.nCopies(study.layers(), trainable),
            (layer, variant) ->
                "%s %s %d %s".formatted(recorded.key(), name, layer, variant.name()),
            (parent, layer, variant) -> decoupled(round, parent, layer, variant));
    return new Library(
        name, recorded.store(), variants, Collections.nCopies(study.layers(), Map.of()));
  }

  private CheckpointRef decoupled(Round round, Decoder parent, int layer, Variant variant) {
    Recording recording = round.recorded().open();
    SubblockWeights child = initialised(parent, recording, layer, variant);
    try {
      BlockDistillation distillation =
          new BlockDistillation(parent, layer, bld(round.steps()), recording);
      if (round.steps() > 0) {
        distillation.run(child, Study.seed(round.seed(), layer, variant.name()), Monitor.NONE);
      } else if (variant.kind() == Variant.Kind.LINEAR) {
        distillation.scale(child);
      }
      return put(round, layer, variant.name(), List.of(child));
    } finally {
      child.close();
    }
  }

  /**
   * The library with some blocks' halves trained together, from where decoupled training left them.
   * Pairs with the parent's half are left as they are: that is what decoupled training trained.
   */
  Library coupled(Library from, List<? extends Set<Block>> wanted, int steps, long seed) {
    Recorded recorded = study.recordings().get(StudyText.BROAD, seed);
    String name =
        "coupled-%d-%s-from-%s".formatted(steps, bldKey(steps).substring(0, 6), from.name());
    Round round = new Round(recorded, name, seed, steps);
    List<List<Block>> pairs = wanted.stream().map(this::trainablePairs).toList();
    study
        .progress()
        .accept(
            "coupled BLD, seed %d, %d pairs"
                .formatted(seed, pairs.stream().mapToInt(List::size).sum()));
    List<Map<Block, CheckpointRef>> trained =
        trained(
            pairs,
            (layer, block) ->
                "%s %s %d %s from %s"
                    .formatted(recorded.key(), name, layer, block, from.weights(layer, block)),
            (parent, layer, block) -> coupled(round, parent, layer, block, from));
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
    for (int layer = 0; layer < study.layers(); layer++) {
      int l = layer;
      for (T what : wanted.get(layer)) {
        jobs.add(
            study.job(
                "library",
                key.apply(l, what),
                CheckpointRef.class,
                parent -> training.run(parent, l, what)));
      }
    }
    Iterator<CheckpointRef> files = study.workers().all(jobs).iterator();
    List<Map<T, CheckpointRef>> trained = new ArrayList<>();
    for (List<T> layer : wanted) {
      Map<T, CheckpointRef> one = new LinkedHashMap<>();
      layer.forEach(what -> one.put(what, files.next()));
      trained.add(one);
    }
    return trained;
  }

  private List<Block> trainablePairs(Set<Block> blocks) {
    return blocks.stream().filter(study.space()::trainsWhole).toList();
  }

  private CheckpointRef coupled(Round round, Decoder parent, int layer, Block block, Library from) {
    try (Library.Halves halves = from.open(parent, layer, block, study.space().parent())) {
      new BlockDistillation(parent, layer, bld(round.steps()), round.recorded().open())
          .run(
              halves.attention(),
              halves.ffn(),
              Study.seed(round.seed(), layer, block.name()),
              Monitor.NONE);
      return put(round, layer, block.name(), List.of(halves.attention(), halves.ffn()));
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
      Round round, int layer, String name, List<SubblockWeights> trained) {
    return round
        .recorded()
        .store()
        .put(
            StorePaths.trained(round.name(), layer, name),
            SubblockWeights.writer(layer, trained)::writeTo);
  }

  private String bldKey(int steps) {
    return ResultCache.name(bld(steps).toString());
  }

  private RunSpec.Bld bld(int steps) {
    return study.scale().bld(study.run(), steps);
  }
}

package puzzle.engine.ablation;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Corpus;
import puzzle.engine.recording.CorpusSplits;
import puzzle.engine.recording.Recorder;
import puzzle.engine.recording.Recording;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;

/**
 * The parent's activations on each kind of text and each seed's draw of it, each made once.
 *
 * @param identity of parent and corpus
 * @param made so far, by key
 */
record Recordings(
    StudySize scale,
    RunSpec run,
    Path folder,
    ResultCache cache,
    Workers workers,
    String identity,
    Consumer<String> progress,
    Map<String, Recorded> made) {

  /**
   * A recording and the store it lies in, with what is computed from it.
   *
   * @param key of all that its content depends on
   */
  record Recorded(Store store, CheckpointRef index, String key) {
    Recording open() {
      return Recording.open(store, index);
    }
  }

  Recorded get(StudyText data, long seed) {
    RunSpec spec = scale.spec(run, seed);
    String key =
        "recording %s %s seed %d: %s %s bld %d gkd %d"
            .formatted(
                identity,
                data,
                seed,
                spec.corpus(),
                spec.scoring(),
                scale.sequences(),
                scale.gkdSteps() * scale.batch());
    return made.computeIfAbsent(key, k -> make(k, data, spec));
  }

  private Recorded make(String key, StudyText data, RunSpec spec) {
    Store store = Store.open(folder.resolve(ResultCache.name(key)));
    CheckpointRef index =
        cache.get("recordings", key, CheckpointRef.class, () -> record(store, data, spec));
    return new Recorded(store, index, key);
  }

  private CheckpointRef record(Store store, StudyText data, RunSpec spec) {
    progress.accept("recording, seed " + spec.seed() + ", " + data);
    Corpus all = Corpus.open(spec.corpus().sources().stream().map(s -> s.path()).toList());
    Corpus text = data == StudyText.BROAD ? all : OneLanguage.english(all);
    Workers.Job<CheckpointRef> job =
        parent ->
            new Recorder(store, parent, spec.scoring().batch())
                .run(CorpusSplits.read(spec, text, parent.config().vocabSize()), 1, Monitor.NONE)
                .recording();
    return workers.all(List.of(job)).get(0);
  }
}

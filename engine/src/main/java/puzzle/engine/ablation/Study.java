package puzzle.engine.ablation;

import java.util.function.Consumer;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Seeds;

/**
 * What all parts of a study share.
 *
 * @param run names parent, corpus and workload
 * @param layers of the parent
 * @param progress told what is begun, a line each
 */
record Study(
    StudySize scale,
    RunSpec run,
    int layers,
    Recordings recordings,
    ResultCache cache,
    Workers workers,
    Consumer<String> progress) {

  /** A job whose result is taken from the cache if it was computed before. */
  <T> Workers.Job<T> job(String kind, String key, Class<T> type, Workers.Job<T> work) {
    return parent -> cache.get(kind, key, type, () -> work.run(parent));
  }

  SearchSpace space() {
    return scale.space(run.space());
  }

  /** What a job draws depends on the study's seed and what the job is, not on when it runs. */
  static long seed(long seed, int layer, String what) {
    return Seeds.of(seed, what) + 31L * layer;
  }
}

package puzzle.actors.runfile;

import static puzzle.actors.runfile.Values.whole;

import puzzle.model.RunDraft;
import puzzle.model.RunSpec.Profiling;

/** The section {@code profiling}. */
final class ProfilingSection {

  static final Section<Profiling, RunDraft.Profiling> SECTION =
      new Section<>(
              "Measuring costs (section 4.1).", RunDraft.Profiling::new, RunDraft.Profiling::build)
          .defaults(Profiling.DEFAULT)
          .key("warmups", whole(0), Profiling::warmups, (d, v) -> d.warmups = v)
          .means("runs", "Untimed runs per variant, before the timed ones.")
          .key("repetitions", whole(1), Profiling::repetitions, (d, v) -> d.repetitions = v)
          .means("runs", "Timed runs per variant; the median counts.");

  private ProfilingSection() {}
}

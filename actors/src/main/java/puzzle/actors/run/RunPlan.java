package puzzle.actors.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import puzzle.actors.work.Priority;
import puzzle.actors.work.Wanted;
import puzzle.model.Architecture;
import puzzle.model.Baseline;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.LayerLibrary;
import puzzle.model.Outcome;
import puzzle.model.Phase;
import puzzle.model.RunSpec;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.TaskPart;
import puzzle.model.TaskResult;
import puzzle.model.Workload;
import puzzle.persistence.RunState;
import puzzle.persistence.TaskLedger;

/**
 * What a run needs next, read off what is on record; a function of the state and nothing else.
 *
 * <p>Record and profile; then the layers build the library while the solver follows; then, in
 * two-stage BLD, the blocks that good solutions use are trained as a whole. The best architectures
 * are assembled and measured, as summed scores ignore how blocks act on each other, and one of them
 * is taken: the choice is final. The speeds of parent and child are measured in turn with the
 * machine to themselves, so that their ratio means something; then the child is distilled while the
 * baselines are evaluated; then the healed child is evaluated and exported.
 */
public final class RunPlan {

  static final String PARENT = "parent";
  static final String CHILD_BEFORE = "child-before-gkd";
  static final String CHILD = "child";

  private final RunState state;
  private final List<Wanted> wanted = new ArrayList<>();
  private final Map<Phase, Integer> settled = new EnumMap<>(Phase.class);
  private final Map<Phase, Integer> later = new EnumMap<>(Phase.class);
  private final Phase phase;
  private Outcome outcome;
  private boolean launch;
  private Integer taking;

  /**
   * @param state of a run that was started
   */
  public RunPlan(RunState state) {
    this.state = state;
    this.phase = plan();
  }

  public Phase phase() {
    return phase;
  }

  /** The run's own tasks of the present phase that are settled; all of them in other phases. */
  public int done() {
    return switch (phase) {
      case RECORD, PROFILE, EVALUATE, GKD, EXPORT -> settled.getOrDefault(phase, 0);
      default -> (int) state.tasks().entries().values().stream().filter(e -> e.settled()).count();
    };
  }

  /** The run's own tasks of the present phase. */
  public int total() {
    return done()
        + (int) wanted.stream().filter(w -> phaseOf(w.task()) == phase).count()
        + later.getOrDefault(phase, 0);
  }

  private static Phase phaseOf(Task task) {
    if (task instanceof TaskPart part) {
      return phaseOf(part.whole());
    }
    if (task instanceof Task.Record || task instanceof Task.Tokenize) {
      return Phase.RECORD;
    }
    if (task instanceof Task.Profile) {
      return Phase.PROFILE;
    }
    return task instanceof Task.Export ? Phase.EXPORT : Phase.EVALUATE;
  }

  /** The run's own tasks that can run now. */
  List<Wanted> wanted() {
    return wanted;
  }

  /** True if the layers should be at work. */
  boolean building() {
    return phase == Phase.LIBRARY;
  }

  /** True if the layers should be at work on the second stage. */
  boolean coupling() {
    return phase == Phase.COUPLE;
  }

  /** True if the solver is asked for the shortlist of the second stage, or for its last word. */
  boolean concluding() {
    return phase == Phase.SCORE;
  }

  /** True if the child should be distilled. */
  boolean gkd() {
    return launch;
  }

  /** The candidate to be taken, once all are measured. */
  Optional<Integer> taking() {
    return Optional.ofNullable(taking);
  }

  /** How the run ends, once there is nothing left to do but to report. */
  Optional<Outcome> outcome() {
    return Optional.ofNullable(outcome);
  }

  /** Costs of every goal, once all are known. */
  public Optional<List<TaskResult.Profiled>> profiles() {
    List<TaskResult.Profiled> found = new ArrayList<>();
    for (Target.Goal goal : state.spec().target().goals()) {
      state.profile(goal.workload()).ifPresent(found::add);
    }
    return found.size() == state.spec().target().goals().size()
        ? Optional.of(found)
        : Optional.empty();
  }

  Optional<TaskResult.Recorded> recorded() {
    return state.tasks().result(Task.Record.KEY, TaskResult.Recorded.class);
  }

  private Phase plan() {
    if (state.ended()) {
      return Phase.ENDED;
    }
    if (state.infeasible() != null) {
      return end(Outcome.Kind.INFEASIBLE, "no architecture meets " + state.infeasible().conflict());
    }
    wantRecording();
    for (Target.Goal goal : state.spec().target().goals()) {
      want(Wanted.measuring(new Task.Profile(goal.workload()), Priority.PROFILE));
    }
    Optional<Failure> fatal = fatal();
    if (fatal.isPresent()) {
      wanted.clear();
      return end(
          fatal.get().kind() == Failure.Kind.INVALID_INPUT
              ? Outcome.Kind.INVALID_INPUT
              : Outcome.Kind.FAILED,
          fatal.get().message());
    }
    if (!wanted.isEmpty()) {
      return recorded().isPresent() ? Phase.PROFILE : Phase.RECORD;
    }
    if (!state.libraryComplete()) {
      return state.shortlist() == null ? Phase.LIBRARY : Phase.COUPLE;
    }
    if (state.shortlistWanted()) {
      return Phase.SCORE;
    }
    if (state.incumbent() == null) {
      return Phase.SCORE;
    }
    return planChild();
  }

  /**
   * Candidates are measured on sequences that are not those reported in the end: the best of
   * several measurements is a choice, no longer a fair estimate.
   */
  private Phase planCandidates() {
    for (int i = 0; i < state.candidates().size(); i++) {
      want(candidate(i), Phase.EVALUATE, Priority.MEASURE);
    }
    if (wanted.isEmpty()) {
      taking = Candidates.best(state);
    }
    return Phase.EVALUATE;
  }

  private SplitTask candidate(int index) {
    Architecture architecture = state.candidates().get(index).architecture();
    return evaluation(Candidates.label(index), architecture, null, true);
  }

  private Phase planChild() {
    if (state.undecided()) {
      return planCandidates();
    }
    for (int i = 0; i < state.candidates().size(); i++) {
      settled.merge(Phase.EVALUATE, candidate(i).done(state.tasks()), Integer::sum);
    }
    Architecture child = state.incumbent().architecture();
    Architecture parent = state.spec().space().parent(state.layers());
    Workload workload = state.spec().target().goals().get(0).workload();
    want(Wanted.measuring(new Task.Measure(workload, List.of(parent, child)), Priority.MEASURE));
    if (!wanted.isEmpty()) {
      return Phase.EVALUATE;
    }
    evaluate(PARENT, parent, null, Priority.BASELINE);
    evaluate(CHILD_BEFORE, child, null, Priority.BASELINE);
    for (Baseline baseline : state.baselines()) {
      evaluate(baseline.label(), baseline.architecture(), null, Priority.BASELINE);
    }
    if (state.tasks().get(Task.Gkd.KEY).quarantined()) {
      return wanted.isEmpty() ? end() : Phase.GKD;
    }
    if (state.healed() == null) {
      launch = true;
      return Phase.GKD;
    }
    evaluate(CHILD, child, state.healed().child(), Priority.MEASURE);
    if (!wanted.isEmpty()) {
      return Phase.EVALUATE;
    }
    want(export(child, state.healed().child()), Phase.EXPORT, Priority.EXPORT);
    return wanted.isEmpty() ? end() : Phase.EXPORT;
  }

  /** The global distillation of the chosen child. */
  Task.Gkd gkd(Architecture child) {
    CheckpointRef recording = recorded().orElseThrow().recording();
    return new Task.Gkd(child, state.weights(child), recording, List.of(), 0, null);
  }

  private void evaluate(
      String label, Architecture architecture, CheckpointRef child, int priority) {
    want(evaluation(label, architecture, child, false), Phase.EVALUATE, priority);
  }

  private SplitTask evaluation(
      String label, Architecture architecture, CheckpointRef child, boolean selecting) {
    Task.Evaluate whole =
        new Task.Evaluate(
            label,
            architecture,
            child == null ? state.weights(architecture) : List.of(),
            child,
            recorded().orElseThrow().recording(),
            selecting,
            List.of());
    RunSpec.Scoring scoring = state.spec().scoring();
    int sequences = selecting ? scoring.selectionSequences() : scoring.evaluationSequences();
    int batches = (sequences + scoring.batch() - 1) / scoring.batch();
    return SplitTask.of(whole, Math.min(batches, state.spec().parts().evaluation()), state.spec());
  }

  private SplitTask export(Architecture child, CheckpointRef weights) {
    return SplitTask.of(
        new Task.Export(child, weights, Summary.of(state).modelCard()),
        state.spec().parts().export(),
        state.spec());
  }

  /** The parts of a recording share the sequences that are taken from the corpus before. */
  private void wantRecording() {
    int count = state.spec().parts().recording();
    CheckpointRef tokens =
        state
            .tasks()
            .result(Task.Tokenize.KEY, TaskResult.PartMade.class)
            .map(TaskResult.PartMade::file)
            .orElse(null);
    if (count > 1) {
      want(Wanted.of(new Task.Tokenize(), Priority.RECORD));
    }
    SplitTask recording = SplitTask.of(new Task.Record(tokens, List.of()), count, state.spec());
    if (count > 1 && tokens == null) {
      later.merge(Phase.RECORD, recording.total(), Integer::sum);
    } else {
      want(recording, Phase.RECORD, Priority.RECORD);
    }
  }

  private void want(Wanted task) {
    if (state.tasks().settled(task.task().key())) {
      settled.merge(phaseOf(task.task()), 1, Integer::sum);
    } else {
      wanted.add(task);
    }
  }

  private void want(SplitTask task, Phase of, int priority) {
    List<Task> next = task.next(state.tasks());
    int done = task.done(state.tasks());
    next.forEach(t -> wanted.add(Wanted.of(t, priority)));
    settled.merge(of, done, Integer::sum);
    later.merge(of, task.total() - done - next.size(), Integer::sum);
  }

  /**
   * Keys of the tasks whose result depends on the architecture that was chosen, done or not. Those
   * of earlier choices are not among them: they were made anew when the choice was opened.
   */
  static Set<String> aboutTheChild(RunState state) {
    List<String> evaluated = new ArrayList<>(List.of(CHILD_BEFORE, CHILD));
    for (int i = 0; i < state.candidates().size(); i++) {
      evaluated.add(Candidates.label(i));
    }
    state.baselines().forEach(b -> evaluated.add(b.label()));
    RunSpec.Parts parts = state.spec().parts();
    Set<String> keys = new TreeSet<>();
    for (String label : evaluated) {
      keys.addAll(SplitTask.keys(Task.Evaluate.key(label), parts.evaluation()));
    }
    state.spec().target().goals().forEach(g -> keys.add(Task.Measure.key(g.workload())));
    keys.add(Task.Gkd.KEY);
    keys.addAll(SplitTask.keys(Task.Export.KEY, parts.export()));
    return keys;
  }

  /** Without the recording or a profile there is nothing to search. */
  private Optional<Failure> fatal() {
    List<String> keys = SplitTask.keys(Task.Record.KEY, state.spec().parts().recording());
    keys.add(Task.Tokenize.KEY);
    state.spec().target().goals().forEach(g -> keys.add(Task.Profile.key(g.workload())));
    return keys.stream()
        .map(state.tasks()::get)
        .filter(TaskLedger.Entry::quarantined)
        .map(TaskLedger.Entry::lastFailure)
        .findFirst();
  }

  private Phase end() {
    List<LayerLibrary.Quarantined> lost = quarantined(state);
    return lost.isEmpty()
        ? end(Outcome.Kind.DONE, "done")
        : end(
            Outcome.Kind.QUARANTINED,
            "%d tasks were given up, the first: %s"
                .formatted(lost.size(), lost.get(0).failure().message()));
  }

  private Phase end(Outcome.Kind kind, String detail) {
    outcome = new Outcome(kind, detail);
    return Phase.REPORT;
  }

  /** Work that was given up. A variant that diverged is a result, not a loss. */
  static List<LayerLibrary.Quarantined> quarantined(RunState state) {
    List<LayerLibrary.Quarantined> lost = new ArrayList<>();
    state
        .tasks()
        .entries()
        .forEach(
            (key, entry) -> {
              if (entry.quarantined()) {
                lost.add(new LayerLibrary.Quarantined(key, entry.lastFailure()));
              }
            });
    state.libraries().values().forEach(l -> lost.addAll(l.quarantined()));
    lost.removeIf(q -> q.failure().kind() == Failure.Kind.DIVERGED);
    lost.sort(Comparator.comparing(LayerLibrary.Quarantined::key));
    return lost;
  }
}

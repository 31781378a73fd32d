package puzzle.engine.bld;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.DivergedException;
import puzzle.engine.nn.Schedule;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.model.RunSpec;

/**
 * The loop around the steps of one BLD: schedule, held-out evaluations, checkpoints, and what to do
 * when a loss is not a number.
 *
 * <p>Three states are told apart. The <em>current</em> one is trained. The <em>best</em>, by
 * held-out loss, the initialisation among them, is what is left in the end. The <em>good</em> one
 * is the last at which an evaluation or a checkpoint was due; a loss or gradient that is not finite
 * takes the training back to it, at half the rate, {@value #ROLLBACKS} times at most. What follows
 * from a checkpoint is what would have followed without a stop there, to the bit: all that decides
 * is in it.
 */
final class GuardedTraining {

  /** How often a training goes back before it counts as diverged. */
  static final int ROLLBACKS = 4;

  private static final double ROLLBACK_RATE = 0.5;

  /** A held-out loss that falls by less than this share has not fallen. */
  private static final double TRIFLE = 1e-3;

  private static final String BEST = "best.";

  /** What is trained. */
  interface Objective {
    /** Adds up the gradients of one step's batch and returns its loss. */
    double backward(int step);

    double heldOut();
  }

  private final String what;
  private final RunSpec.Bld settings;
  private final Map<String, NDArray> parameters;
  private final Objective objective;
  private final TrainingCheckpoint checkpoint;
  private final Schedule schedule;

  private AdamW optimiser;
  private Map<String, NDArray> current;
  private Map<String, NDArray> best;
  private Map<String, NDArray> good;
  private int goodSteps;
  private int step;
  private int rollbacks;
  private double lossBefore;
  private double least;
  private double plateau;
  private int stalled;

  /**
   * @param what is trained, for messages
   * @param parameters trained in place
   * @param checkpoint null if nothing is kept on the way
   */
  GuardedTraining(
      String what,
      RunSpec.Bld settings,
      Map<String, NDArray> parameters,
      Objective objective,
      TrainingCheckpoint checkpoint) {
    this.what = what;
    this.settings = settings;
    this.parameters = parameters;
    this.objective = objective;
    this.checkpoint = checkpoint;
    this.schedule = new Schedule(settings.learningRate(), settings.warmupSteps(), settings.steps());
  }

  /**
   * Trains from the last checkpoint, or from the beginning, and leaves the best state.
   *
   * @param manager owner of the optimiser's moments and of the states kept
   * @throws DivergedException if loss or gradient is not finite again and again
   */
  BlockDistillation.Outcome run(NDManager manager, Monitor monitor) {
    best = copies(manager, parameters);
    optimiser = new AdamW(parameters, manager, settings.weightDecay(), settings.clipNorm());
    current = new LinkedHashMap<>(parameters);
    current.putAll(optimiser.state());
    try {
      Optional<TrainingCheckpoint.Latest> last =
          checkpoint == null ? Optional.empty() : checkpoint.latest();
      last.ifPresentOrElse(this::resume, this::begin);
      good = copies(manager, current);
      while (step < settings.steps() && !stalled()) {
        double loss = objective.backward(step);
        double norm = optimiser.step(rate());
        step++;
        if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
          rollBack(Double.isFinite(loss) ? norm : loss);
        } else {
          afterStep();
        }
        monitor.step(step, settings.steps(), loss);
      }
    } finally {
      optimiser.release();
    }
    assign(best, parameters);
    return new BlockDistillation.Outcome(lossBefore, least, step, rollbacks);
  }

  private void begin() {
    lossBefore = objective.heldOut();
    least = Double.isFinite(lossBefore) ? lossBefore : Double.POSITIVE_INFINITY;
    plateau = least;
  }

  private void resume(TrainingCheckpoint.Latest last) {
    SafetensorsFile file = checkpoint.open(last);
    current.forEach((name, array) -> Tensors.assign(array, file, name));
    best.forEach((name, array) -> Tensors.assign(array, file, BEST + name));
    TrainingCheckpoint.Progress progress = last.progress();
    step = progress.steps();
    optimiser.resume(step);
    lossBefore = progress.lossBefore();
    least = progress.best();
    plateau = progress.plateau();
    stalled = progress.stalled();
    rollbacks = progress.rollbacks();
    goodSteps = step;
  }

  private double rate() {
    return Math.pow(ROLLBACK_RATE, rollbacks) * schedule.rate(step);
  }

  private boolean stalled() {
    return settings.safeguards().patience() > 0 && stalled >= settings.safeguards().patience();
  }

  private void afterStep() {
    boolean evaluate = step == settings.steps() || due(settings.safeguards().evaluateSteps());
    boolean save = due(settings.safeguards().checkpointSteps());
    if (evaluate) {
      double loss = objective.heldOut();
      if (!Double.isFinite(loss)) {
        rollBack(loss);
        return;
      }
      evaluated(loss);
    }
    if (evaluate || save) {
      assign(current, good);
      goodSteps = step;
    }
    if (save && checkpoint != null && step < settings.steps() && !stalled()) {
      Map<String, NDArray> arrays = new LinkedHashMap<>(current);
      best.forEach((name, array) -> arrays.put(BEST + name, array));
      checkpoint.save(
          new TrainingCheckpoint.Progress(step, lossBefore, least, plateau, stalled, rollbacks),
          arrays);
    }
  }

  private boolean due(int every) {
    return every > 0 && step % every == 0;
  }

  private void evaluated(double loss) {
    if (loss < least) {
      least = loss;
      assign(parameters, best);
    }
    if (loss < (1 - TRIFLE) * plateau) {
      plateau = loss;
      stalled = 0;
    } else {
      stalled++;
    }
  }

  private void rollBack(double loss) {
    if (rollbacks == ROLLBACKS) {
      throw new DivergedException(what, step, loss, rate());
    }
    rollbacks++;
    assign(good, current);
    step = goodSteps;
    optimiser.resume(step);
  }

  private static Map<String, NDArray> copies(NDManager manager, Map<String, NDArray> arrays) {
    Map<String, NDArray> copies = new LinkedHashMap<>();
    arrays.forEach(
        (name, array) -> copies.put(name, Tensors.inference(() -> Tensors.keep(array, manager))));
    return copies;
  }

  private static void assign(Map<String, NDArray> from, Map<String, NDArray> to) {
    to.forEach((name, array) -> Tensors.copy(from.get(name), array));
  }
}

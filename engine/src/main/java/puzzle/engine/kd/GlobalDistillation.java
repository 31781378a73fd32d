package puzzle.engine.kd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.checkpoint.SafetensorsFile;
import puzzle.engine.checkpoint.Store;
import puzzle.engine.distil.DivergedException;
import puzzle.engine.distil.EpochOrder;
import puzzle.engine.distil.Recording;
import puzzle.engine.distil.Recording.Split;
import puzzle.engine.distil.Steps;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Schedule;
import puzzle.engine.nn.Tensors;
import puzzle.model.RunSpec;

/**
 * Trains the assembled child against the parent (section 4.3).
 *
 * <p>Loss = sum over layers of mean over tokens (1 - cos(h_child, h_parent)) + mean over tokens
 * KL(parent || child), plus the next-token loss if asked for; any of the three may be left out. The
 * parent runs beside the child on the same tokens. Every {@code checkpointSteps} the child and the
 * optimiser's moments go to the store, whole or not at all; the next run goes on from there and
 * gives the same child to the bit.
 */
public final class GlobalDistillation {

  private static final String LM = "lm";
  private static final String COSINE = "cosine";
  private static final String KLD = "kld";

  private final Decoder parent;
  private final Decoder child;
  private final RunSpec.Healing settings;
  private final int[][] sequences;
  private final EpochOrder order;
  private final HealingCheckpoint checkpoint;

  /**
   * @param identity of what is healed; a checkpoint of another identity is not gone on from
   */
  public GlobalDistillation(
      Decoder parent,
      Decoder child,
      RunSpec.Healing settings,
      Recording recording,
      Store store,
      String identity,
      long seed) {
    this.parent = parent;
    this.child = child;
    this.settings = settings;
    this.sequences = recording.tokens(Split.HEALING);
    this.order = new EpochOrder(seed, sequences.length, settings.batch());
    this.checkpoint = new HealingCheckpoint(store, identity);
  }

  /**
   * Trains {@code child} in place, from the last checkpoint if there is one.
   *
   * @throws DivergedException if the loss is no longer a finite number
   */
  public void run(Monitor monitor) {
    try (NDManager manager = child.manager().newSubManager()) {
      Map<String, NDArray> parameters = child.parameters();
      AdamW optimiser = new AdamW(parameters, manager, settings.weightDecay(), settings.clipNorm());
      Schedule schedule =
          new Schedule(settings.learningRate(), settings.warmupSteps(), settings.steps());
      int start = checkpoint.latest().map(last -> resume(last, parameters, optimiser)).orElse(0);
      for (int step = start; step < settings.steps(); step++) {
        int[][] ids = batch(step);
        double loss = Tensors.training(() -> accumulate(ids));
        if (!Double.isFinite(loss)) {
          throw new DivergedException("global distillation", step, loss, settings.learningRate());
        }
        optimiser.step(schedule.rate(step));
        int done = step + 1;
        if (done % settings.checkpointSteps() == 0 && done < settings.steps()) {
          checkpoint.save(done, parameters, optimiser.state());
        }
        Steps.check(monitor, done, settings.steps(), loss);
      }
      optimiser.release();
    }
  }

  private int resume(
      HealingCheckpoint.Latest last, Map<String, NDArray> parameters, AdamW optimiser) {
    SafetensorsFile file = checkpoint.open(last);
    parameters.forEach((name, array) -> Tensors.assign(array, file.fp32(name)));
    optimiser.state().forEach((name, array) -> Tensors.assign(array, file.fp32(name)));
    optimiser.resume(last.steps());
    return last.steps();
  }

  private int[][] batch(int step) {
    int[] chosen = order.step(step);
    int[][] ids = new int[chosen.length][];
    for (int i = 0; i < chosen.length; i++) {
      ids[i] = sequences[chosen[i]];
    }
    return ids;
  }

  /** Adds up the gradients of one batch and returns its loss. */
  private double accumulate(int[][] ids) {
    NDManager manager = child.manager();
    int length = ids[0].length - 1;
    boolean cosine = settings.losses().contains(COSINE);
    boolean kld = settings.losses().contains(KLD);
    List<NDArray> parentStates = new ArrayList<>();
    NDArray parentLogits =
        cosine || kld ? Tensors.paused(() -> forward(parent, ids, length, parentStates)) : null;
    List<NDArray> states = new ArrayList<>();
    NDArray logits = forward(child, ids, length, states);
    NDArray loss = Tensors.scalar(manager, 0);
    if (cosine) {
      for (int layer = 0; layer < states.size(); layer++) {
        loss = loss.add(Losses.cosine(states.get(layer), parentStates.get(layer)));
      }
    }
    if (kld) {
      loss = loss.add(Losses.kl(logits, parentLogits).mean());
    }
    if (settings.losses().contains(LM)) {
      loss = loss.add(Losses.nll(logits, Tensors.ids(manager, ids, 1, length)).mean());
    }
    Tensors.backward(loss);
    return loss.getFloat();
  }

  private static NDArray forward(Decoder model, int[][] ids, int length, List<NDArray> states) {
    NDArray x = model.embed(Tensors.ids(model.manager(), ids, 0, length));
    for (int layer = 0; layer < model.config().layers(); layer++) {
      x = model.layer(layer, x);
      states.add(x);
    }
    return model.logits(x);
  }
}

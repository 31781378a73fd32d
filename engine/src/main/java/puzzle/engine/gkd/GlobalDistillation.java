package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.EpochOrder;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.gkd.PairedPass.MicroBatch;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.DivergedException;
import puzzle.engine.nn.Schedule;
import puzzle.engine.recording.Recording;
import puzzle.engine.recording.Recording.Split;
import puzzle.model.CheckpointRef;
import puzzle.model.RunSpec;
import puzzle.model.TaskResult.HeldOut;
import puzzle.model.TaskResult.ShardTrained;

/**
 * Trains the assembled child against the parent (section 4.3).
 *
 * <p>Loss = sum over layers of mean over tokens (1 - cos(h_child, h_parent)) + mean over tokens
 * KL(parent || child), plus the next-token loss if asked for; any of the three may be left out. The
 * parent runs beside the child on the same tokens.
 *
 * <p>Data parallel by averaging (local SGD): the batch of each step is dealt to shards, each trains
 * a child of its own for a round of steps, and every shard starts the next round from the mean of
 * all children and of their optimisers' moments. With one shard that is plain training, its state
 * kept after every round. A round's result depends on its number, its shard and what is on record
 * before it alone: not on who trains it, when, how often, or what else runs.
 *
 * <p>As in BLD, what is left is the best child that was measured, the assembled one among them. A
 * loss or gradient that is no number takes a shard back to the beginning of its round, at half the
 * rate from there on; so does a child that says nothing finite at a round's end, so that every
 * state on record is one to go on from.
 */
public final class GlobalDistillation {

  /** How often a training goes back before it counts as diverged. */
  static final int ROLLBACKS = 4;

  private static final double ROLLBACK_RATE = 0.5;

  private final Decoder parent;
  private final TrainedChild child;
  private final RunSpec.Gkd settings;
  private final Recording recording;
  private final long seed;

  /** Made when training begins. */
  private AdamW optimiser;

  /**
   * @param seed of the order of sequences
   */
  public GlobalDistillation(
      Decoder parent, TrainedChild child, RunSpec.Gkd settings, Recording recording, long seed) {
    this.parent = parent;
    this.child = child;
    this.settings = settings;
    this.recording = recording;
    this.seed = seed;
  }

  /**
   * What a shard did in a round.
   *
   * @param state parameters under their names, moments under {@code m.} and {@code v.} before them
   */
  private record Trained(Map<String, NDArray> state, double loss, int rollbacks) {}

  /** How far the steps of a round went: to its end, or to a loss that is no number. */
  private record Progress(int step, double loss) {}

  /**
   * Trains the child in place from beginning to end, all shards in turn: what the rounds give when
   * devices share them, to the bit.
   *
   * @return what was measured on the way
   * @throws DivergedException if loss or gradient is no finite number again and again
   */
  public List<HeldOut> run(Monitor monitor) {
    List<HeldOut> heldOut = new ArrayList<>();
    WeightSource before = new StateInMemory(child.parameters());
    WeightSource best = before;
    HeldOut least = null;
    int rollbacks = 0;
    for (int round = 0; round <= settings.rounds(); round++) {
      child.assign(before);
      for (HeldOut measured : heldOutBefore(round, 0)) {
        heldOut.add(measured);
        if (HeldOut.better(least, measured) == measured) {
          least = measured;
          best = before;
        }
      }
      if (round < settings.rounds()) {
        List<WeightSource> states = new ArrayList<>();
        int most = rollbacks;
        for (int shard = 0; shard < settings.shards(); shard++) {
          child.assign(before);
          Trained trained = train(round, shard, rollbacks, before, monitor);
          states.add(new StateInMemory(trained.state));
          most = Math.max(most, trained.rollbacks);
        }
        before = new MeanWeights(states);
        rollbacks = most;
      }
    }
    child.assign(best);
    return heldOut;
  }

  /**
   * Trains one shard for one round and keeps its state; and the child before the round, if it is
   * the best that was measured so far.
   *
   * @param rollbacks of the rounds before
   * @param best child before, null if none was measured
   * @param before the mean of the states after the round before, which the child was loaded from;
   *     anything without moments before the first
   * @throws DivergedException if loss or gradient is no finite number again and again
   */
  public ShardTrained round(
      int round,
      int shard,
      int rollbacks,
      HeldOut best,
      WeightSource before,
      GkdStates states,
      Monitor monitor) {
    List<HeldOut> heldOut = new ArrayList<>();
    for (HeldOut measured : heldOutBefore(round, shard)) {
      boolean keep = round > 0 && HeldOut.better(best, measured) == measured;
      heldOut.add(keep ? measured.with(states.putChild(round, before, child.config())) : measured);
    }
    Trained trained = train(round, shard, rollbacks, before, monitor);
    CheckpointRef state = states.put(round, shard, trained.state);
    if (best != null && best.child() != null && heldOut.stream().anyMatch(h -> h.child() != null)) {
      states.store().discard(best.child());
    }
    // The states before stay: whoever finds one of this round's damaged has it made again.
    states.discard(round - 2);
    return new ShardTrained(state, trained.loss, trained.rollbacks, heldOut);
  }

  /** The child on the split that scores are measured on, as far as that is due before a round. */
  public List<HeldOut> heldOutBefore(int round, int shard) {
    if (shard > 0 || !settings.evaluatesBefore(round)) {
      return List.of();
    }
    Sequences sequences = recording.tokens(Split.SCORING);
    int[][] all = sequences.read(0, Math.toIntExact(sequences.count()));
    return List.of(measured(settings.stepsBefore(round), all));
  }

  private Trained train(
      int round, int shard, int rollbacksBefore, WeightSource before, Monitor monitor) {
    if (optimiser == null) {
      optimiser = child.optimiser(settings);
    }
    for (int rollbacks = rollbacksBefore; ; rollbacks++) {
      double factor = Math.pow(ROLLBACK_RATE, rollbacks);
      begin(round, before);
      Progress progress = steps(round, shard, factor, monitor);
      if (Double.isFinite(progress.loss) && finite()) {
        Map<String, NDArray> state = new LinkedHashMap<>(child.parameters());
        state.putAll(optimiser.state());
        return new Trained(state, progress.loss, rollbacks);
      }
      if (rollbacks >= ROLLBACKS) {
        throw new DivergedException(
            "global distillation", progress.step, progress.loss, factor * settings.learningRate());
      }
      child.assign(before);
    }
  }

  /** Sets the optimiser to what it was before the round. */
  private void begin(int round, WeightSource before) {
    if (round == 0) {
      optimiser.reset();
    } else {
      TrainedChild.assign(optimiser.state(), before);
      optimiser.resume(settings.stepsBefore(round));
    }
  }

  private Progress steps(int round, int shard, double factor, Monitor monitor) {
    Sequences sequences = recording.tokens(Split.GKD);
    EpochOrder order = new EpochOrder(seed, Math.toIntExact(sequences.count()), settings.batch());
    Schedule schedule =
        new Schedule(settings.learningRate(), settings.warmupSteps(), settings.steps());
    double loss = Double.NaN;
    for (int step = settings.stepsBefore(round); step < settings.stepsBefore(round + 1); step++) {
      int[] global = order.step(step);
      int part = global.length / settings.shards();
      int[] mine = Arrays.copyOfRange(global, shard * part, (shard + 1) * part);
      loss = accumulate(rows(sequences, mine));
      double norm = child.step(optimiser, factor * schedule.rate(step));
      monitor.step(step + 1, settings.steps(), loss);
      if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
        return new Progress(step, Double.isFinite(loss) ? norm : loss);
      }
    }
    return new Progress(settings.stepsBefore(round + 1), loss);
  }

  /** Adds up the gradients of some sequences; returns their loss. */
  private double accumulate(int[][] sequences) {
    double loss = 0;
    for (List<MicroBatch> together : together(sequences)) {
      try (PairedPass pass = new PairedPass(parent, child, settings, together)) {
        for (float share : pass.train()) {
          loss += share;
        }
      }
    }
    return loss;
  }

  /** Whether the child's loss is a number, on a few sequences. */
  private boolean finite() {
    Sequences sequences = recording.tokens(Split.SCORING);
    int few = (int) Math.min(sequences.count(), settings.passSequences());
    return Double.isFinite(measured(0, sequences.read(0, few)).judgedBy());
  }

  private HeldOut measured(int steps, int[][] sequences) {
    double kl = 0;
    double nll = 0;
    for (List<MicroBatch> together : together(sequences)) {
      try (PairedPass pass = new PairedPass(parent, child, settings, together)) {
        for (HeadLoss.Measured measured : pass.measure()) {
          kl += measured.kl();
          nll += measured.nll();
        }
      }
    }
    kl /= sequences.length;
    nll /= sequences.length;
    boolean alone = settings.losses().equals(Set.of(RunSpec.Gkd.Loss.LM));
    return new HeldOut(steps, kl, alone ? nll : kl + nll, null);
  }

  /** Micro-batches in order, as many in a list as go through the layers together. */
  private List<List<MicroBatch>> together(int[][] sequences) {
    int most =
        child.whole() ? 1 : GkdMemory.together(child.config(), settings, sequences[0].length - 1);
    List<List<MicroBatch>> lists = new ArrayList<>();
    for (int from = 0; from < sequences.length; from += settings.passSequences()) {
      int to = Math.min(sequences.length, from + settings.passSequences());
      if (lists.isEmpty() || lists.get(lists.size() - 1).size() == most) {
        lists.add(new ArrayList<>());
      }
      lists
          .get(lists.size() - 1)
          .add(
              new MicroBatch(
                  Arrays.copyOfRange(sequences, from, to),
                  (to - from) / (double) sequences.length));
    }
    return lists;
  }

  private static int[][] rows(Sequences sequences, int[] chosen) {
    return Arrays.stream(chosen).mapToObj(i -> sequences.read(i, 1)[0]).toArray(int[][]::new);
  }
}

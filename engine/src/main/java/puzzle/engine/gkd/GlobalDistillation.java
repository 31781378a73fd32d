package puzzle.engine.gkd;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.EpochOrder;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.WeightSource;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.DivergedException;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Schedule;
import puzzle.engine.nn.Tensors;
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
 * kept after every round. A round's result depends on its number, its shard and the states before
 * it alone: not on who trains it, when, how often, or what else runs.
 */
public record GlobalDistillation(
    Decoder parent, Decoder child, RunSpec.Gkd settings, Recording recording, long seed) {

  /**
   * Trains {@code child} in place from beginning to end, all shards in turn: what the rounds give
   * when devices share them, to the bit.
   *
   * @throws DivergedException if loss or gradient is no longer a finite number
   */
  public List<HeldOut> run(Monitor monitor) {
    List<HeldOut> heldOut = new ArrayList<>();
    WeightSource before = new StateInMemory(child.parameters());
    for (int round = 0; round < settings.rounds(); round++) {
      List<WeightSource> states = new ArrayList<>();
      for (int shard = 0; shard < settings.shards(); shard++) {
        assign(child.parameters(), before);
        heldOut.addAll(heldOutBefore(round, shard));
        train(round, shard, before, monitor, state -> states.add(new StateInMemory(state)));
      }
      before = new MeanWeights(states);
    }
    assign(child.parameters(), before);
    heldOut.addAll(heldOutBefore(settings.rounds(), 0));
    return heldOut;
  }

  /**
   * Trains one shard for one round and keeps its state.
   *
   * @param before the mean of the states after the round before, which {@code child} was loaded
   *     from; anything without moments before the first
   * @throws DivergedException if loss or gradient is no longer a finite number
   */
  public ShardTrained round(
      int round, int shard, WeightSource before, GkdStates states, Monitor monitor) {
    List<HeldOut> heldOut = heldOutBefore(round, shard);
    CheckpointRef[] written = new CheckpointRef[1];
    double loss =
        train(round, shard, before, monitor, state -> written[0] = states.put(round, shard, state));
    // The states before stay: whoever finds one of this round's damaged has it made again.
    states.discard(round - 2);
    return new ShardTrained(written[0], loss, heldOut);
  }

  /** KL on the split that scores are measured on, as far as it is due before a round. */
  public List<HeldOut> heldOutBefore(int round, int shard) {
    return shard == 0 && settings.evaluatesBefore(round)
        ? List.of(new HeldOut(settings.stepsBefore(round), heldOut()))
        : List.of();
  }

  private interface Keep {
    void state(Map<String, NDArray> state);
  }

  /** Returns the loss of the last step. */
  private double train(int round, int shard, WeightSource before, Monitor monitor, Keep keep) {
    Sequences sequences = recording.tokens(Split.GKD);
    EpochOrder order = new EpochOrder(seed, Math.toIntExact(sequences.count()), settings.batch());
    Schedule schedule =
        new Schedule(settings.learningRate(), settings.warmupSteps(), settings.steps());
    double loss = Double.NaN;
    try (NDManager manager = child.manager().newSubManager()) {
      Map<String, NDArray> parameters = child.parameters();
      AdamW optimiser = new AdamW(parameters, manager, settings.weightDecay(), settings.clipNorm());
      if (round > 0) {
        assign(optimiser.state(), before);
        optimiser.resume(settings.stepsBefore(round));
      }
      for (int step = settings.stepsBefore(round); step < settings.stepsBefore(round + 1); step++) {
        int[] global = order.step(step);
        int part = global.length / settings.shards();
        int[] mine = Arrays.copyOfRange(global, shard * part, (shard + 1) * part);
        loss = accumulate(sequences, mine);
        double norm = optimiser.step(schedule.rate(step));
        if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
          throw new DivergedException("global distillation", step, loss, settings.learningRate());
        }
        monitor.step(step + 1, settings.steps(), loss);
      }
      optimiser.release();
      Map<String, NDArray> state = new LinkedHashMap<>(parameters);
      state.putAll(optimiser.state());
      keep.state(state);
    }
    return loss;
  }

  private static void assign(Map<String, NDArray> arrays, WeightSource values) {
    arrays.forEach((name, array) -> Tensors.assign(array, values, name));
  }

  /** Adds up the gradients of a shard's sequences, a micro-batch at a time; returns their loss. */
  private double accumulate(Sequences sequences, int[] chosen) {
    double loss = 0;
    for (int from = 0; from < chosen.length; from += settings.passSequences()) {
      int to = Math.min(chosen.length, from + settings.passSequences());
      double share = (to - from) / (double) chosen.length;
      int[][] ids = rows(sequences, Arrays.copyOfRange(chosen, from, to));
      loss += Tensors.training(() -> backward(ids, share));
    }
    return loss;
  }

  /** Propagates a share of the mean loss of some sequences; returns that share. */
  private double backward(int[][] ids, double share) {
    NDManager manager = child.manager();
    int length = ids[0].length - 1;
    boolean cosine = settings.losses().contains(RunSpec.Gkd.Loss.COSINE);
    boolean kld = settings.losses().contains(RunSpec.Gkd.Loss.KLD);
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
      loss = loss.add(Losses.kl(logits, parentLogits, settings.temperature()).mean());
    }
    if (settings.losses().contains(RunSpec.Gkd.Loss.LM)) {
      loss = loss.add(Losses.nll(logits, Tensors.ids(manager, ids, 1, length)).mean());
    }
    if (share < 1) {
      loss = loss.mul(Tensors.scalar(manager, share));
    }
    Tensors.backward(loss);
    return loss.getFloat();
  }

  private double heldOut() {
    Sequences sequences = recording.tokens(Split.SCORING);
    double sum = 0;
    for (long from = 0; from < sequences.count(); from += settings.passSequences()) {
      int[][] ids =
          sequences.read(from, (int) Math.min(sequences.count() - from, settings.passSequences()));
      int length = ids[0].length - 1;
      sum +=
          Tensors.inference(
              () -> {
                NDArray reference = forward(parent, ids, length, new ArrayList<>());
                NDArray logits = forward(child, ids, length, new ArrayList<>());
                return Losses.kl(logits, reference).sum().getFloat();
              });
    }
    return sum / sequences.count();
  }

  private static int[][] rows(Sequences sequences, int[] chosen) {
    return Arrays.stream(chosen).mapToObj(i -> sequences.read(i, 1)[0]).toArray(int[][]::new);
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

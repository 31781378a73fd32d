package puzzle.engine.bld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.nn.DivergedException;
import puzzle.engine.nn.Losses;
import puzzle.engine.nn.Tensors;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Safeguards;

/** Two numbers are trained towards two others; held-out losses and accidents are as told. */
class GuardedTrainingTest {

  private static final int STEPS = 20;

  private final NDManager manager = Tensors.root().newSubManager();
  private final NDArray weights =
      Tensors.detached(manager, () -> Tensors.fp32(manager, new float[] {0, 0}, 2));
  private final NDArray goal =
      Tensors.detached(manager, () -> Tensors.fp32(manager, new float[] {3, -2}, 2));
  private final List<Integer> steps = new ArrayList<>();

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void goesBackToTheLastGoodStepWhenALossIsNoNumberAndComesToItsEnd() {
    boolean[] once = {true};
    BlockDistillation.Outcome outcome =
        train(
            new Safeguards(0, 5, 0, 0, 0),
            this::distance,
            step -> {
              boolean accident = step == 7 && once[0];
              once[0] &= !accident;
              return accident;
            });
    assertEquals(1, outcome.rollbacks());
    assertEquals(STEPS, outcome.steps());
    List<Integer> expected = new ArrayList<>(IntStream.rangeClosed(0, 7).boxed().toList());
    expected.addAll(IntStream.range(5, STEPS).boxed().toList());
    assertEquals(expected, steps);
    assertTrue(outcome.lossAfter() < outcome.lossBefore());
    assertEquals(outcome.lossAfter(), distance(), 1e-12);
  }

  @Test
  void goesOnAtALowerRateAfterARollback() {
    train(Safeguards.NONE, this::distance, step -> false);
    double undisturbed = distance();
    Tensors.assign(weights, FloatBuffer.wrap(new float[] {0, 0}));
    boolean[] once = {true};
    train(
        Safeguards.NONE,
        this::distance,
        step -> {
          boolean accident = once[0];
          once[0] = false;
          return accident;
        });
    assertTrue(distance() > undisturbed, distance() + " against " + undisturbed);
  }

  @Test
  void aHeldOutLossThatIsNoNumberTakesItBackToo() {
    int[] evaluations = {0};
    BlockDistillation.Outcome outcome =
        train(
            new Safeguards(0, 5, 0, 0, 0),
            () -> evaluations[0]++ == 2 ? Double.NaN : distance(),
            step -> false);
    assertEquals(1, outcome.rollbacks());
    assertTrue(Double.isFinite(outcome.lossAfter()));
  }

  @Test
  void countsAsDivergedAfterSoManyRollbacks() {
    DivergedException e =
        assertThrows(
            DivergedException.class,
            () -> train(new Safeguards(0, 5, 0, 0, 0), this::distance, step -> step == 7));
    assertTrue(e.getMessage().contains("NaN after 8 steps"), e.getMessage());
    assertEquals(1 + GuardedTraining.ROLLBACKS, steps.stream().filter(s -> s == 7).count());
    assertFalse(weights.hasGradient());
  }

  @Test
  void endsWhereTheHeldOutLossFallsNoFurtherAndLeavesTheBestState() {
    double[] heldOut = {9, 5, 6, 4.9999, 4.9999, 1};
    List<float[]> seen = new ArrayList<>();
    BlockDistillation.Outcome outcome =
        train(
            new Safeguards(0, 2, 3, 0, 0),
            () -> {
              seen.add(values());
              return heldOut[seen.size() - 1];
            },
            step -> false);
    assertEquals(8, outcome.steps(), "three evaluations brought no more than a trifle");
    assertEquals(4.9999, outcome.lossAfter());
    assertArrayEquals(seen.get(3), values(), "of two equals the first");
  }

  @Test
  void leavesTheInitialisationWhereTrainingEndsNoBetter() {
    double[] heldOut = {1, 2};
    int[] evaluations = {0};
    train(Safeguards.NONE, () -> heldOut[evaluations[0]++], step -> false);
    assertArrayEquals(new float[] {0, 0}, values());
  }

  private interface Accidents {
    boolean at(int step);
  }

  private BlockDistillation.Outcome train(
      Safeguards safeguards, DoubleSupplier heldOut, Accidents accidents) {
    GuardedTraining.Objective objective =
        new GuardedTraining.Objective() {
          @Override
          public double backward(int step) {
            steps.add(step);
            double loss =
                Tensors.training(
                    () -> {
                      NDArray nmse = Losses.normalisedMse(weights, goal);
                      Tensors.backward(nmse);
                      return (double) nmse.getFloat();
                    });
            return accidents.at(step) ? Double.NaN : loss;
          }

          @Override
          public double heldOut() {
            return heldOut.getAsDouble();
          }
        };
    RunSpec.Bld settings =
        RunSpec.Bld.DEFAULT.with(
            b -> {
              b.steps = STEPS;
              b.warmupSteps = 0;
              b.learningRate = 0.05;
              b.weightDecay = 0;
              b.safeguards = safeguards;
            });
    try (NDManager own = manager.newSubManager()) {
      return new GuardedTraining(
              "two numbers", settings, Map.of("weights", weights), objective, null)
          .run(own, Monitor.NONE);
    }
  }

  private double distance() {
    return Tensors.inference(() -> (double) Losses.normalisedMse(weights, goal).getFloat());
  }

  private float[] values() {
    FloatBuffer values = Tensors.read(weights);
    return new float[] {values.get(0), values.get(1)};
  }
}

package puzzle.engine.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import puzzle.engine.ablation.ExpectedOrder.Outcome;
import puzzle.engine.ablation.ExpectedOrder.Verdict;

class ExpectedOrderTest {

  private final List<Measurement> rows = new ArrayList<>();

  private void put(Table table, String cell, double limit, double... bySeed) {
    for (int seed = 0; seed < bySeed.length; seed++) {
      rows.add(new Measurement(table, cell, limit, seed + 1, "kl", bySeed[seed]));
    }
  }

  private Outcome outcome(Table table, String worse) {
    return ExpectedOrder.outcomes(rows).stream()
        .filter(o -> o.order().table() == table && o.order().worse().equals(worse))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void errorBarIsTheStandardErrorOfThePairedDifference() {
    // Seeds differ by far more than the cells do: only pairing sees the order.
    put(Table.BUDGET, "full budget", 2, 0.10, 0.50, 0.90);
    put(Table.BUDGET, "no BLD", 2, 0.12, 0.53, 0.91);
    Outcome o = outcome(Table.BUDGET, "no BLD");
    assertEquals(0.02, o.difference().mean(), 1e-12);
    // Deviations 0, +0.01, -0.01: sqrt(2e-4 / 2 / 3).
    assertEquals(Math.sqrt(1e-4 / 3), o.difference().error(), 1e-12);
    assertEquals(Verdict.HELD, o.verdict());
    assertTrue(o.better().error() > 0.2);
  }

  @Test
  void reversedCellsAreNotHeldAndSmallDifferencesAreTies() {
    put(Table.SPACE, "full space", 2, 0.5, 0.6, 0.7);
    put(Table.SPACE, "no-op only", 2, 0.4, 0.5, 0.59);
    assertEquals(Verdict.REVERSED, outcome(Table.SPACE, "no-op only").verdict());
    assertFalse(outcome(Table.SPACE, "no-op only").holds());
    rows.clear();
    put(Table.SPACE, "full space", 2, 0.5, 0.6, 0.7);
    put(Table.SPACE, "no-op only", 2, 0.6, 0.5, 0.71);
    assertEquals(Verdict.TIED, outcome(Table.SPACE, "no-op only").verdict());
    assertFalse(outcome(Table.SPACE, "no-op only").holds(), "a strict order needs more than a tie");
    rows.clear();
    put(Table.METRIC, "KL", 2, 0.5, 0.6, 0.7);
    put(Table.METRIC, "LM loss", 2, 0.6, 0.5, 0.71);
    assertTrue(outcome(Table.METRIC, "LM loss").holds());
    assertEquals("held: a tie", outcome(Table.METRIC, "LM loss").words());
  }

  @Test
  void onlyLimitsThatBothCellsMeetAreCompared() {
    put(Table.SPACE, "full space", 1.5, 0.1, 0.1);
    put(Table.SPACE, "full space", 3, 9, 9);
    put(Table.SPACE, "no-op only", 1.5, 0.3, 0.3);
    Outcome o = outcome(Table.SPACE, "no-op only");
    assertEquals(0.1, o.better().mean(), 1e-12);
    assertEquals(0.2, o.difference().mean(), 1e-12);
  }

  @Test
  void lossesAreComparedWithTheBestOfTheOthers() {
    put(Table.LOSSES, "none", 2, 0.9, 0.9);
    put(Table.LOSSES, "KLD", 2, 0.2, 0.22);
    put(Table.LOSSES, "cosine", 2, 0.4, 0.4);
    put(Table.LOSSES, "cosine+KLD", 2, 0.21, 0.2);
    Outcome o = outcome(Table.LOSSES, "KLD");
    assertEquals("cosine+KLD", o.order().better());
    assertEquals(Verdict.TIED, o.verdict());
    assertTrue(o.holds());
  }

  @Test
  void theBestOfTheOthersIsTheNearestAtTheSameLimits() {
    put(Table.LOSSES, "KLD", 1.6, 0.3, 0.3);
    put(Table.LOSSES, "cosine", 1.6, 0.19, 0.19);
    put(Table.LOSSES, "cosine", 2.2, 0.9, 0.9);
    put(Table.LOSSES, "cosine+KLD", 1.6, 0.2, 0.2);
    put(Table.LOSSES, "cosine+KLD", 2.2, 0.8, 0.8);
    assertEquals(0.045, outcome(Table.LOSSES, "cosine").difference().mean(), 1e-12);
  }

  @Test
  void onlyMeasuredTablesAreComparedWithTheExpectedOrder() {
    put(Table.GKD, "GKD", 2, 0.1);
    put(Table.GKD, "none", 2, 0.2);
    assertEquals(
        List.of(Table.GKD),
        ExpectedOrder.outcomes(rows).stream().map(o -> o.order().table()).toList());
  }

  @Test
  void everyOrderNamesCellsOfItsTable() {
    for (ExpectedOrder order : ExpectedOrder.ALL) {
      assertTrue(order.table().cells().contains(order.better()), order.toString());
      assertTrue(
          order.worse().equals(ExpectedOrder.REST) || order.table().cells().contains(order.worse()),
          order.toString());
    }
  }
}

package puzzle.actors.cli.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import puzzle.actors.Examples;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.Device;
import puzzle.model.Incumbent;
import puzzle.model.Phase;
import puzzle.model.RunId;
import puzzle.protocol.Feed;

class ProgressBoardTest {

  private static final RunId RUN = new RunId("tiny");

  private long now;
  private final ProgressBoard board = new ProgressBoard(RUN, Examples.WORKLOAD, () -> now);

  @Test
  void showsRateAndTimeLeft() {
    layer(0, 0);
    now += 10_000_000_000L;
    layer(10, 0);
    assertTrue(board.picture(80).contains("10/40, 1.0/s, ETA 0:30"), board.picture(80));
  }

  @Test
  void showsTheBestArchitectureAndWhatMadeIt() {
    BlockCost parent = new BlockCost(1, 1, 1, 1, 1);
    BlockCost child = new BlockCost(0.5, 0.5, 1, 1, 1);
    board.on(
        new Feed.IncumbentChanged(
            RUN,
            new Incumbent(
                Architecture.uniform(Block.parse("kv-4+ffn-320"), 2),
                0.125,
                0.125,
                true,
                child,
                parent,
                3,
                1,
                "layer 1 measured")));
    assertEquals(
        "best architecture: KL 0.1250, 8 tokens/s (2.00 x parent), proven; layer 1 measured",
        board.news());
    assertEquals("", board.news());
  }

  @Test
  void whatCameBeforeAPhaseIsOver() {
    board.on(new Feed.PhaseAdvanced(RUN, Phase.RECORD, 0, 1));
    board.on(new Feed.PhaseAdvanced(RUN, Phase.LIBRARY, 2, 2));
    assertTrue(board.picture(80).contains("] 1/1"), board.picture(80));
  }

  @Test
  void otherRunsAreNotShown() {
    board.on(new Feed.PhaseAdvanced(new RunId("other"), Phase.GKD, 1, 2));
    assertEquals(Phase.RECORD, board.phase());
  }

  @Test
  void showsWhatDevicesDoAndTheirLoss() {
    board.on(new Feed.Progressed(RUN, "gkd/0/0", new Device("127.0.0.1", "cpu", 1), 5, 20, 0.25));
    assertTrue(board.picture(80).contains("cpu-1     gkd/0/0 5/20, loss 0.25"), board.picture(80));
    assertTrue(board.picture(80).contains("gkd       [##"), board.picture(80));
  }

  @Test
  void aLongTaskCountsForAsMuchAsItHasDone() {
    Device first = new Device("127.0.0.1", "cpu", 0);
    Device second = new Device("127.0.0.1", "cpu", 1);
    board.on(new Feed.PhaseAdvanced(RUN, Phase.RECORD, 1, 4));
    now += 50_000_000_000L;
    board.on(new Feed.Progressed(RUN, "record/1", first, 10, 10, Double.NaN));
    board.on(new Feed.Progressed(RUN, "record/2", second, 5, 20, Double.NaN));
    assertTrue(board.line().startsWith("record 2.25/4, 1.5/min, ETA 1:10"), board.line());
    board.on(new Feed.PhaseAdvanced(RUN, Phase.RECORD, 2, 4));
    assertTrue(board.line().startsWith("record 2.25/4, "), board.line());
  }

  private void layer(int distilled, int scored) {
    board.on(new Feed.LayerAdvanced(RUN, 0, distilled, 40, scored, 50, 0));
  }
}

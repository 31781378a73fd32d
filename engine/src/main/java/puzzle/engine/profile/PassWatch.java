package puzzle.engine.profile;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.model.RunSpec;

/** Timed runs of one thing's prompt and of its generated token. */
record PassWatch(StopWatch prefill, StopWatch decode) {

  /**
   * Times things in turn, round by round, so that a machine that drifts does so for all of them.
   *
   * @param seconds of a thing's prompt and of its token, run once
   */
  static List<PassWatch> rounds(
      int things, RunSpec.Profiling settings, Monitor monitor, IntFunction<double[]> seconds) {
    List<PassWatch> watches = new ArrayList<>();
    for (int i = 0; i < things; i++) {
      watches.add(
          new PassWatch(
              new StopWatch(settings.repetitions()), new StopWatch(settings.repetitions())));
    }
    int rounds = settings.warmups() + settings.repetitions();
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < things; i++) {
        double[] run = seconds.apply(i);
        if (round >= settings.warmups()) {
          watches.get(i).prefill().add(run[0]);
          watches.get(i).decode().add(run[1]);
        }
        monitor.step((long) round * things + i + 1, (long) rounds * things, Double.NaN);
      }
    }
    return watches;
  }
}

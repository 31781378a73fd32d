package puzzle.actors.work;

import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.Gkd;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * The other actors, wherever they live. Everything here is fire and forget; whoever needs an answer
 * repeats itself until there is one.
 */
public interface Peers {

  void pool(GpuPool.Command command);

  void run(RunId run, Run.Command command);

  void layer(RunId run, int layer, Layer.Command command);

  void solver(RunId run, Solver.Command command);

  void gkd(RunId run, Gkd.Command command);

  /** Tells the owner of a task what became of it. */
  void owner(Work.Owner owner, Work.Report report);

  /** An entity's journal cannot be read by this version: its node stops. */
  void stop(Unreadable reason);

  /** True if others may have taken over from this process: nothing may be written any more. */
  boolean replaced();

  /** Tells all onlookers of all nodes. */
  void announce(Feed.Fact fact);
}

package puzzle.actors;

import java.util.ArrayList;
import java.util.List;
import puzzle.actors.work.Peers;
import puzzle.actors.work.Unreadable;
import puzzle.model.RunId;
import puzzle.protocol.Feed;
import puzzle.protocol.Gkd;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/** Peers that only keep what they are told. */
public final class Reports implements Peers {

  private final List<Object> told = new ArrayList<>();

  /** Set by a test whose process is to have slept. */
  public volatile boolean replaced;

  /** Everything of one type since the last call, in order. */
  public synchronized <T> List<T> take(Class<T> type) {
    List<T> found = told.stream().filter(type::isInstance).map(type::cast).toList();
    told.removeIf(type::isInstance);
    return found;
  }

  private synchronized void keep(Object message) {
    told.add(message);
    notifyAll();
  }

  /** Waits until something of the type was told. */
  public synchronized <T> T await(Class<T> type) throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (told.stream().noneMatch(type::isInstance)) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        throw new AssertionError("no " + type.getSimpleName() + " in " + told);
      }
      wait(left);
    }
    T first = told.stream().filter(type::isInstance).map(type::cast).findFirst().orElseThrow();
    told.remove(first);
    return first;
  }

  @Override
  public void pool(GpuPool.Command command) {
    keep(command);
  }

  @Override
  public void run(RunId run, Run.Command command) {
    keep(command);
  }

  @Override
  public void layer(RunId run, int layer, Layer.Command command) {
    keep(command);
  }

  @Override
  public void solver(RunId run, Solver.Command command) {
    keep(command);
  }

  @Override
  public void gkd(RunId run, Gkd.Command command) {
    keep(command);
  }

  @Override
  public void owner(Work.Owner owner, Work.Report report) {
    keep(report);
  }

  @Override
  public void stop(Unreadable reason) {
    keep(reason);
  }

  @Override
  public boolean replaced() {
    return replaced;
  }

  @Override
  public void announce(Feed.Fact fact) {
    keep(fact);
  }
}

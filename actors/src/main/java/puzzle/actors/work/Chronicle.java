package puzzle.actors.work;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import puzzle.engine.BlockEngine;
import puzzle.model.RunId;
import puzzle.model.ScoredBlock;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Work;

/**
 * One line in the node's log for everything a fault must not undo, and for the moments between
 * which it takes away time. A line about an event is written only after the journal has
 * acknowledged it; so whoever finds the line and not the event has found a loss. Lines are words:
 * {@code recorded tiny TaskFinished bld/3/kv-4 1}.
 */
public final class Chronicle {

  /** The logger's name. */
  public static final String NAME = "puzzle.chronicle";

  private static final Logger LOG = LoggerFactory.getLogger(NAME);

  private Chronicle() {}

  /** Events of an owner that are now durable. */
  public static void recorded(RunId run, List<? extends TaskEvent> events) {
    for (TaskEvent e : events) {
      LOG.info("recorded {} {} {} {}", run, e.getClass().getSimpleName(), e.key(), e.attempt());
    }
  }

  /** A device's thread takes up an attempt; the monitor it returns notes the first step. */
  public static BlockEngine.Monitor begun(Work.Ticket ticket, BlockEngine.Monitor monitor) {
    note("begun", ticket);
    return new BlockEngine.Monitor() {
      private boolean stepped;

      @Override
      public void progress(long done, long total, double loss) {
        if (!stepped && done > 0) {
          stepped = true;
          note("stepped", ticket);
        }
        monitor.progress(done, total, loss);
      }

      @Override
      public boolean cancelled() {
        return monitor.cancelled();
      }
    };
  }

  /** The engine has a result. */
  public static void finished(Work.Ticket ticket) {
    note("finished", ticket);
  }

  /** The pool has started on this node. */
  public static void poolStarted() {
    LOG.info("pool started");
  }

  /** The pool has sent an attempt to a device. */
  public static void dispatched(Work.Ticket ticket) {
    note("dispatched", ticket);
  }

  /** The solver of a run has started on this node. */
  public static void solverStarted(RunId run) {
    LOG.info("solver-started {}", run);
  }

  /** The solver has taken scores of a layer into its table. */
  public static void told(RunId run, int layer, List<ScoredBlock> scores) {
    if (LOG.isDebugEnabled()) {
      scores.forEach(s -> LOG.debug("told {} {}/{}", run, layer, s.block()));
    }
  }

  /** The solver has solved. */
  public static void solved(RunId run) {
    LOG.info("solved {}", run);
  }

  private static void note(String what, Work.Ticket ticket) {
    LOG.info("{} {} {} {}", what, ticket.spec().id(), ticket.task().key(), ticket.attempt());
  }
}

package puzzle.actors.gpu;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.slf4j.MDC;
import puzzle.actors.work.Chronicle;
import puzzle.cluster.PuzzleSettings;
import puzzle.engine.BlockEngine;
import puzzle.engine.TaskFailedException;
import puzzle.model.Failure;
import puzzle.model.InvalidInputException;
import puzzle.model.TaskResult;
import puzzle.protocol.Work;

/**
 * The thread of one device, as an actor on a pinned dispatcher: the only place where the engine is
 * called, and where that call blocks. Opens the engine when it is first needed and closes it on the
 * same thread. After anything that was not foreseen it restarts with a new engine.
 *
 * <p>It stands beside its device's actor, not under it: an actor stops only after its children, and
 * the device's actor must be free to stop a running task when the node goes down.
 */
public final class DeviceThread extends AbstractBehavior<DeviceThread.Job> {

  /** One attempt to run, and whom to tell. */
  public record Job(Work.Ticket ticket, TaskProgress signs, ActorRef<Ended> replyTo) {}

  /**
   * What came of it: a result, or a failure, or neither where it was cancelled.
   *
   * @param result null if there is none
   * @param failure null if there is none
   */
  public record Ended(Work.Ticket ticket, TaskResult result, Failure failure) {}

  private final Supplier<BlockEngine> engines;
  private BlockEngine engine;

  public static Behavior<Job> create(Supplier<BlockEngine> engines, PuzzleSettings.Gpu settings) {
    return Behaviors.supervise(Behaviors.<Job>setup(context -> new DeviceThread(context, engines)))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                settings.restartMin(), settings.restartMax(), 0.2));
  }

  private DeviceThread(ActorContext<Job> context, Supplier<BlockEngine> engines) {
    super(context);
    this.engines = engines;
  }

  @Override
  public Receive<Job> createReceive() {
    return newReceiveBuilder()
        .onMessage(Job.class, this::onJob)
        .onSignal(PreRestart.class, s -> release())
        .onSignal(PostStop.class, s -> release())
        .build();
  }

  private Behavior<Job> onJob(Job job) throws Exception {
    Work.Ticket ticket = job.ticket();
    MDC.put("run", ticket.spec().id().value());
    MDC.put("task", ticket.task().key());
    MDC.put("layer", Integer.toString(ticket.layer()));
    MDC.put("attempt", Integer.toString(ticket.attempt()));
    try {
      return perform(job, ticket);
    } finally {
      List.of("run", "task", "layer", "attempt").forEach(MDC::remove);
    }
  }

  private Behavior<Job> perform(Job job, Work.Ticket ticket) throws Exception {
    try {
      if (engine == null) {
        engine = engines.get();
      }
      TaskResult result =
          engine.run(ticket.spec(), ticket.task(), Chronicle.begun(ticket, job.signs()));
      Chronicle.finished(ticket);
      job.replyTo().tell(new Ended(ticket, result, null));
    } catch (TaskFailedException e) {
      getContext().getLog().warn("{} attempt {} failed", ticket.id(), ticket.attempt(), e);
      job.replyTo().tell(new Ended(ticket, null, e.failure()));
    } catch (CancellationException e) {
      job.replyTo().tell(new Ended(ticket, null, null));
    } catch (InvalidInputException e) {
      fail(job, Failure.Kind.INVALID_INPUT, e.getMessage());
    } catch (OutOfMemoryError e) {
      fail(job, Failure.Kind.OUT_OF_MEMORY, ticket.task().key() + ": " + e.getMessage());
      release();
    } catch (Exception e) {
      fail(job, Failure.Kind.DEFECT, ticket.task().key() + ": " + e);
      throw e;
    } catch (LinkageError | AssertionError | StackOverflowError e) {
      getContext().getLog().error("{} attempt {}", ticket.id(), ticket.attempt(), e);
      fail(job, Failure.Kind.DEFECT, ticket.task().key() + ": " + e);
      release();
    }
    return this;
  }

  private static void fail(Job job, Failure.Kind kind, String message) {
    job.replyTo().tell(new Ended(job.ticket(), null, new Failure(kind, message)));
  }

  private Behavior<Job> release() {
    if (engine != null) {
      BlockEngine closing = engine;
      engine = null;
      closing.close();
    }
    return this;
  }
}

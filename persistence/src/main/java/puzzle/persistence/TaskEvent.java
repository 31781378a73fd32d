package puzzle.persistence;

import java.util.Objects;
import puzzle.model.Failure;
import puzzle.model.TaskResult;

/** What happened to one task of a run, a block or a distillation: the same facts for all three. */
public sealed interface TaskEvent extends RunEvent, LayerEvent, GkdEvent
    permits TaskEvent.AttemptStarted,
        TaskEvent.AttemptFailed,
        TaskEvent.TaskFinished,
        TaskEvent.TaskReopened,
        TaskEvent.TaskRenewed {

  /** {@link puzzle.model.Task#key()}. */
  String key();

  /** Which attempt it is about; 0 if it is about none. */
  default int attempt() {
    return 0;
  }

  /**
   * A device holds the lease.
   *
   * @param attempt fencing token, from 1, one higher each time
   */
  record AttemptStarted(String key, int attempt, String device) implements TaskEvent {
    public AttemptStarted {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(device, "device");
    }
  }

  /**
   * The attempt is over without a result.
   *
   * @param lost true if nothing was heard of it and its lease ran out
   * @param retried what the retry policy said then; false means the task is given up
   */
  record AttemptFailed(String key, int attempt, Failure failure, boolean lost, boolean retried)
      implements TaskEvent {
    public AttemptFailed {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(failure, "failure");
    }
  }

  record TaskFinished(String key, int attempt, TaskResult result) implements TaskEvent {
    public TaskFinished {
      Objects.requireNonNull(key, "key");
      Objects.requireNonNull(result, "result");
    }
  }

  /** What the task left behind is no longer there or not whole: it must be done again. */
  record TaskReopened(String key, String reason) implements TaskEvent {
    public TaskReopened {
      Objects.requireNonNull(key, "key");
      reason = reason == null ? "" : reason;
    }
  }

  /**
   * The task is to be done anew, as if it had never been tried: what is asked for has changed, or
   * somebody wants it tried again. Attempts still on the way are fenced off.
   */
  record TaskRenewed(String key, String reason) implements TaskEvent {
    public TaskRenewed {
      Objects.requireNonNull(key, "key");
      reason = reason == null ? "" : reason;
    }
  }
}

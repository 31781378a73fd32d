package puzzle.actors.work;

import java.util.List;
import puzzle.model.RunId;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Feed;

/** What the log and all onlookers hear of an owner's tasks, once it is durable. */
public final class TaskAnnouncements {

  private TaskAnnouncements() {}

  public static void tell(Peers peers, RunId run, List<TaskEvent> events) {
    Chronicle.recorded(run, events);
    for (TaskEvent event : events) {
      if (event instanceof TaskEvent.AttemptFailed f) {
        peers.announce(new Feed.AttemptFailed(run, f.key(), f.attempt(), f.failure(), f.retried()));
      }
    }
  }
}

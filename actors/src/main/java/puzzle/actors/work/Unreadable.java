package puzzle.actors.work;

import com.fasterxml.jackson.core.JacksonException;
import java.io.NotSerializableException;
import java.util.Optional;
import org.apache.pekko.actor.CoordinatedShutdown;

/**
 * Why a node stops that finds an event or a state in the journal that it cannot read: to continue
 * without it would be to decide anew what was decided, and to try again would give the same.
 *
 * @param message names the entity and the event
 */
public record Unreadable(String message) implements CoordinatedShutdown.Reason {

  /** The reason in a recovery's failure, where it is one: a journal that is down is none. */
  public static Optional<Unreadable> of(String persistenceId, Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof NotSerializableException || cause instanceof JacksonException) {
        return Optional.of(
            new Unreadable(
                "%s: its journal has something that this version cannot read: %s"
                        .formatted(persistenceId, cause.getMessage())
                    + "\nMaybe a later version wrote it: start that one."));
      }
    }
    return Optional.empty();
  }
}

package puzzle.actors.feed;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The {@code puzzle.feed} section.
 *
 * @param window facts of one run that are kept for readers
 * @param wake readers are woken once for all facts that come within this
 * @param live shortest time between two states of what is not on record
 * @param heartbeat a reader hears something at least this often
 * @param idle a run that nobody reads for this long is no longer followed
 * @param reopen a journal that could not be read is tried again after this
 * @param stale progress that is not renewed for this long is no longer shown
 */
public record FeedSettings(
    int window,
    Duration wake,
    Duration live,
    Duration heartbeat,
    Duration idle,
    Duration reopen,
    Duration stale) {

  /** Reads the section of a whole configuration. */
  public static FeedSettings from(Config root) {
    Config c = root.getConfig("puzzle.feed");
    return new FeedSettings(
        c.getInt("window"),
        c.getDuration("wake"),
        c.getDuration("live"),
        c.getDuration("heartbeat"),
        c.getDuration("idle"),
        c.getDuration("reopen"),
        c.getDuration("stale"));
  }
}

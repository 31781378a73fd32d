package puzzle.actors.feed;

import java.util.UUID;
import org.apache.pekko.persistence.query.Offset;
import org.apache.pekko.persistence.query.Sequence;
import org.apache.pekko.persistence.query.TimeBasedUUID;

/**
 * A place in the journal, as text that a reader keeps and gives back to continue after it.
 *
 * @param offset as the journal's plug-in counts: a number (H2) or a time-based UUID (Cassandra)
 */
public record Position(Offset offset) implements Comparable<Position> {

  /** Before the first event. */
  public static final Position START = new Position(Offset.noOffset());

  /**
   * Reads what {@link #toString()} wrote.
   *
   * @throws IllegalArgumentException where it did not
   */
  public static Position parse(String text) {
    try {
      if (text.isEmpty() || text.equals("0")) {
        return START;
      }
      return new Position(
          text.indexOf('-') > 0
              ? Offset.timeBasedUUID(UUID.fromString(text))
              : Offset.sequence(Long.parseLong(text)));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "'"
              + (text.length() > 60 ? text.substring(0, 60) + "..." : text)
              + "' is not a position.\nMaybe take one from a snapshot or an event's id, or 0 for the start.",
          e);
    }
  }

  /** In the journal's order. Positions of different plug-ins are never compared. */
  @Override
  public int compareTo(Position other) {
    if (offset instanceof Sequence a && other.offset instanceof Sequence b) {
      return Long.compare(a.value(), b.value());
    }
    if (offset instanceof TimeBasedUUID a && other.offset instanceof TimeBasedUUID b) {
      int byTime = Long.compare(a.value().timestamp(), b.value().timestamp());
      return byTime != 0 ? byTime : a.value().compareTo(b.value());
    }
    return Boolean.compare(!equals(START), !other.equals(START));
  }

  @Override
  public String toString() {
    if (offset instanceof Sequence s) {
      return Long.toString(s.value());
    }
    return offset instanceof TimeBasedUUID t ? t.value().toString() : "0";
  }
}

package puzzle.actors.feed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentPersistenceIdsQuery;
import org.apache.pekko.persistence.query.javadsl.EventsByTagQuery;
import org.apache.pekko.persistence.query.javadsl.ReadJournal;
import org.apache.pekko.stream.javadsl.FileIO;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.persistence.Tags;

/** The journal's read side, whichever plug-in keeps it. */
public final class JournalReader {

  private static final String RUN = "Run|";
  private static final ByteString LINE_END = ByteString.fromString("\n");

  private final ActorSystem<?> system;
  private final ReadJournal plugin;

  private JournalReader(ActorSystem<?> system, ReadJournal plugin) {
    this.system = system;
    this.plugin = plugin;
  }

  /** The read side of the journal that the configuration names. */
  public static JournalReader of(ActorSystem<?> system) {
    String id = system.settings().config().getString("puzzle.read-journal");
    return new JournalReader(
        system, PersistenceQuery.get(system).getReadJournalFor(ReadJournal.class, id));
  }

  /** What one run's entities wrote after a position, up to now, then as it is written. */
  Source<JournalFact, NotUsed> follow(String run, Position after) {
    return ((EventsByTagQuery) plugin)
        .eventsByTag(Tags.run(run), after.offset())
        .map(JournalFact::of);
  }

  /** What one run's entities wrote after a position, up to now. */
  Source<JournalFact, NotUsed> past(String run, Position after) {
    return ((CurrentEventsByTagQuery) plugin)
        .currentEventsByTag(Tags.run(run), after.offset())
        .map(JournalFact::of);
  }

  /** Events of one entity, both numbers included. */
  CompletionStage<List<JournalFact>> between(String persistenceId, long from, long to) {
    return ((CurrentEventsByPersistenceIdQuery) plugin)
        .currentEventsByPersistenceId(persistenceId, from, to)
        .map(JournalFact::of)
        .runWith(Sink.seq(), system);
  }

  /** What a run's own entity has on record. */
  public CompletionStage<RunState> state(String run) {
    return past(run, Position.START)
        .filter(fact -> fact.persistenceId().startsWith(RUN))
        .map(JournalFact::event)
        .collectType(RunEvent.class)
        .runFold(RunState.EMPTY, RunState::on, system);
  }

  /** Writes every event of a run, as a CloudEvent a line; the file is complete or absent. */
  public CompletionStage<Path> write(String run, Path file) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    return past(run, Position.START)
        .map(fact -> FactJson.bytes(fact.cloudEvent()))
        .map(json -> ByteString.fromArrayUnsafe(json).concat(LINE_END))
        .runWith(FileIO.toPath(part), system)
        .thenApply(
            written -> {
              try {
                return Files.move(
                    part,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
              } catch (IOException e) {
                throw new UncheckedIOException(file + ": " + e.getMessage(), e);
              }
            });
  }

  /** Names of all runs the journal knows. */
  public CompletionStage<List<String>> runs() {
    return ((CurrentPersistenceIdsQuery) plugin)
        .currentPersistenceIds()
        .filter(id -> id.startsWith(RUN))
        .map(id -> id.substring(RUN.length()))
        .runWith(Sink.seq(), system);
  }
}

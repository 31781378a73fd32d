package puzzle.persistence;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.jdbc.testkit.javadsl.SchemaUtils;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.PersistenceQuery;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.persistence.query.javadsl.ReadJournal;
import org.apache.pekko.stream.javadsl.Sink;
import puzzle.persistence.embedded.WatchedFiles;

/** Where events are kept, as {@code puzzle.journal} says. Nothing else differs between them. */
public enum Journal {
  /** H2 in a folder: for a node that is a whole cluster by itself. */
  EMBEDDED,
  /** A Cassandra cluster: for several nodes. */
  CASSANDRA,
  /** A PostgreSQL: for several nodes where there is no Cassandra. */
  POSTGRESQL;

  /**
   * The journal a node's configuration names.
   *
   * @throws IllegalArgumentException where it names none
   */
  public static Journal of(Config config) {
    String name;
    try {
      name = config.getString("puzzle.journal");
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          e.getMessage() + "\nMaybe puzzle.journal = " + names().get(0) + ".", e);
    }
    for (Journal journal : values()) {
      if (journal.label().equals(name)) {
        WatchedFiles.register();
        return journal;
      }
    }
    throw new IllegalArgumentException(
        "%s: puzzle.journal = %s is not known.\nMaybe one of %s."
            .formatted(config.getValue("puzzle.journal").origin().description(), name, names()));
  }

  /** As written in configuration: {@code cassandra}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Settings with which a server is connected to while the node starts, not once the first entity
   * wants to be read: that takes seconds, and whoever comes back after a loss has none.
   */
  public Config eager(Config config) {
    return this == EMBEDDED
        ? config
        : ConfigFactory.parseMap(
                Map.of(
                    "pekko.persistence.journal.auto-start-journals",
                    List.of(path("journal")),
                    "pekko.persistence.snapshot-store.auto-start-snapshot-stores",
                    List.of(path("snapshot"))))
            .withFallback(config);
  }

  /** Makes the tables of an embedded journal; those of a server are made with it. */
  public CompletionStage<Done> prepare(ActorSystem<?> system) {
    return this == EMBEDDED
        ? SchemaUtils.createIfNotExists(path("journal"), system)
        : CompletableFuture.completedFuture(Done.getInstance());
  }

  /** All events of one entity that are on record, oldest first. */
  public CompletionStage<List<EventEnvelope>> events(ActorSystem<?> system, String persistenceId) {
    ReadJournal journal =
        PersistenceQuery.get(system).getReadJournalFor(ReadJournal.class, path("query"));
    return ((CurrentEventsByPersistenceIdQuery) journal)
        .currentEventsByPersistenceId(persistenceId, 0, Long.MAX_VALUE)
        .runWith(Sink.seq(), system);
  }

  private String path(String plugin) {
    return "puzzle.journals." + label() + "." + plugin;
  }

  private static List<String> names() {
    return Arrays.stream(values()).map(Journal::label).toList();
  }
}

package puzzle.actors.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.SelectedSnapshot;
import org.apache.pekko.persistence.SnapshotMetadata;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import org.apache.pekko.persistence.journal.Tagged;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import org.apache.pekko.persistence.snapshot.japi.SnapshotStore;
import scala.concurrent.Future;
import scala.concurrent.Promise;
import scala.jdk.javaapi.CollectionConverters;

/**
 * A journal and a snapshot store in memory that fail when the adversary says so: before a write has
 * landed, after it has landed but before that was answered, late, or on reading. Kept outside the
 * plug-in actors, as Pekko makes those by their class name.
 */
public final class MemoryJournal extends AsyncWriteJournal {

  /** What is kept, and who disturbs and watches. */
  static final class Disk {
    private final Map<String, List<PersistentRepr>> events = new TreeMap<>();
    private final Map<String, SelectedSnapshot> snapshots = new TreeMap<>();
    private final Adversary adversary;
    private final Oracle oracle;

    Disk(Adversary adversary, Oracle oracle) {
      this.adversary = adversary;
      this.oracle = oracle;
    }

    List<Object> events(String persistenceId) {
      return events.getOrDefault(persistenceId, List.of()).stream()
          .map(PersistentRepr::payload)
          .toList();
    }
  }

  /** The present schedule's. */
  static Disk disk;

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    Promise<Iterable<Optional<Exception>>> answer = Promise.apply();
    Adversary.Write fault = disk.adversary.write();
    if (fault == Adversary.Write.REFUSED) {
      return Futures.failed(new IllegalStateException("the journal is down"));
    }
    List<Optional<Exception>> results = new ArrayList<>();
    for (AtomicWrite write : writes) {
      List<PersistentRepr> log =
          disk.events.computeIfAbsent(write.persistenceId(), p -> new ArrayList<>());
      for (PersistentRepr event : CollectionConverters.asJava(write.payload())) {
        Object payload = event.payload() instanceof Tagged t ? t.payload() : event.payload();
        if (event.sequenceNr() != log.size() + 1) {
          throw new AssertionError(
              write.persistenceId() + ": event " + event.sequenceNr() + " after " + log.size());
        }
        log.add(event.withPayload(payload));
        disk.oracle.written(write.persistenceId(), payload);
      }
      results.add(Optional.empty());
    }
    disk.adversary.answer(
        fault,
        () -> {
          if (fault == Adversary.Write.ANSWER_LOST) {
            answer.failure(new IllegalStateException("the journal's answer was lost"));
          } else {
            answer.success(results);
          }
        });
    return answer.future();
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long toSequenceNr) {
    return Futures.failed(new AssertionError("no event is ever deleted"));
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> callback) {
    if (disk.adversary.readFails()) {
      return Futures.failed(new IllegalStateException("the journal cannot be read"));
    }
    List<PersistentRepr> log = disk.events.getOrDefault(persistenceId, List.of());
    log.stream()
        .filter(e -> e.sequenceNr() >= from && e.sequenceNr() <= to)
        .limit(max)
        .forEach(callback);
    return Future.successful(null);
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    return Future.successful((long) disk.events.getOrDefault(persistenceId, List.of()).size());
  }

  /** The snapshots of the same disk. */
  public static final class Snapshots extends SnapshotStore {

    @Override
    public Future<Optional<SelectedSnapshot>> doLoadAsync(
        String persistenceId, SnapshotSelectionCriteria criteria) {
      if (disk.adversary.readFails()) {
        return Futures.failed(new IllegalStateException("the snapshot is not whole"));
      }
      return Future.successful(Optional.ofNullable(disk.snapshots.get(persistenceId)));
    }

    @Override
    public Future<Void> doSaveAsync(SnapshotMetadata metadata, Object snapshot) {
      if (disk.adversary.write() == Adversary.Write.REFUSED) {
        return Futures.failed(new IllegalStateException("the snapshot store is down"));
      }
      disk.snapshots.put(metadata.persistenceId(), SelectedSnapshot.create(metadata, snapshot));
      return Future.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(SnapshotMetadata metadata) {
      return Future.successful(null);
    }

    @Override
    public Future<Void> doDeleteAsync(String persistenceId, SnapshotSelectionCriteria criteria) {
      return Future.successful(null);
    }
  }
}

package puzzle.actors.drill;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import puzzle.persistence.Journal;
import puzzle.persistence.TaskEvent;
import puzzle.protocol.Layer;
import puzzle.protocol.Work;

/** A run's journal as it is on record when the run is over. */
final class Ledger {

  private static final long PATIENCE_SECONDS = 60;

  /** Entity, kind of event, task, attempt: as in the chronicles' words. */
  private final Map<String, Integer> events = new HashMap<>();

  private final List<String> failures = new ArrayList<>();
  private final Map<String, Integer> finished = new HashMap<>();

  /**
   * Reads it.
   *
   * @param settings that name the journal and say where it is
   */
  static Ledger read(Config settings, String run) throws InterruptedException {
    Config config =
        settings
            .withFallback(
                ConfigFactory.parseString(
                    "pekko { actor.provider = local, coordinated-shutdown.exit-jvm = off }"))
            .withFallback(ConfigFactory.parseResourcesAnySyntax("application"))
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve();
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "drill", config);
    try {
      Journal journal = Journal.of(config);
      Ledger ledger = new Ledger();
      List<Work.Owner> owners = new ArrayList<>();
      owners.add(new Work.Owner(Work.Owner.Kind.RUN, run));
      owners.add(new Work.Owner(Work.Owner.Kind.GKD, run));
      for (int layer = 0; layer < SmallSearch.LAYERS; layer++) {
        owners.add(new Work.Owner(Work.Owner.Kind.LAYER, Layer.entityId(run, layer)));
      }
      for (Work.Owner owner : owners) {
        String entity = owner.persistenceId();
        journal
            .events(system, entity)
            .toCompletableFuture()
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
            .forEach(envelope -> ledger.on(entity, envelope.event()));
      }
      return ledger;
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "the journal of %s cannot be read: %s\nMaybe the journal is down."
              .formatted(run, e.getMessage()),
          e);
    } finally {
      system.terminate();
      try {
        system.getWhenTerminated().toCompletableFuture().get(20, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        system.log().warn("the journal's reader did not stop in time", e);
      }
    }
  }

  /** Events that a node said were durable and that are not there. */
  List<String> lost(List<Chronicles.Line> recorded) {
    return recorded.stream()
        .map(l -> String.join(" ", l.words().subList(2, l.words().size())))
        .distinct()
        .filter(e -> !events.containsKey(e))
        .toList();
  }

  /** Why attempts failed. */
  List<String> failures() {
    return failures;
  }

  /** Tasks with more than one result that counted. */
  List<String> doubled() {
    return finished.entrySet().stream()
        .filter(e -> e.getValue() > 1)
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }

  private void on(String entity, Object event) {
    if (event instanceof TaskEvent e) {
      if (e instanceof TaskEvent.AttemptFailed f) {
        failures.add(f.failure().message());
      } else if (e instanceof TaskEvent.TaskFinished) {
        finished.merge(entity + " " + e.key(), 1, Integer::sum);
      } else if (e instanceof TaskEvent.TaskReopened) {
        // It must be done again, so one more result counts.
        finished.merge(entity + " " + e.key(), -1, Integer::sum);
      }
      String place = e.getClass().getSimpleName() + " " + e.key() + " " + e.attempt();
      events.merge(place, 1, Integer::sum);
    }
  }
}

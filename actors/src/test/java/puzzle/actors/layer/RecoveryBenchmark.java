package puzzle.actors.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.Reports;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.SearchSpace;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.persistence.Journal;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.LayerState;
import puzzle.persistence.Tags;
import puzzle.persistence.TaskEvent;
import puzzle.persistence.cassandra.LocalCassandra;
import puzzle.protocol.Layer;
import puzzle.protocol.Solver;

/**
 * How long a block with a long past takes from its start until it has told the solver its scores,
 * with the snapshots that it takes and with none that could be read. The past is one of many lost
 * devices: each of the layer's tasks was begun again and again. {@code
 * -Drecovery.journal=cassandra} starts one; {@code -Drecovery.events=N} sets how long the past is.
 */
class RecoveryBenchmark {

  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int EVENTS = Integer.getInteger("recovery.events", 10_000);
  private static final int BATCH = 50;
  private static final int ROUNDS = 5;
  private static final CheckpointRef REF = new CheckpointRef("library/0/x", 1, "0".repeat(64));

  @TempDir Path folder;

  private final RunSpec spec =
      Examples.spec(Path.of("/store"), SearchSpace.standard(8, 28672, 256), 2);

  @Test
  void aBlockWithTenThousandEventsIsBackWithinTwoSeconds() throws Exception {
    String kept = System.getProperty("recovery.journal", Journal.EMBEDDED.label());
    if (kept.equals(Journal.CASSANDRA.label())) {
      try (LocalCassandra cassandra = new LocalCassandra(folder.resolve("cassandra"), 0)) {
        cassandra.start();
        measure(kept, "puzzle.cassandra.contact-points = [\"127.0.0.1:" + cassandra.port() + "\"]");
      }
    } else {
      measure(kept, "puzzle.embedded.folder = \"" + folder + "\"");
    }
  }

  private void measure(String kept, String where) throws Exception {
    Config config =
        ConfigFactory.parseString("puzzle.journal = " + kept + "\n" + where)
            .withFallback(
                ConfigFactory.parseString("pekko { actor.provider = local, loglevel = WARNING }"))
            .withFallback(ConfigFactory.parseResourcesAnySyntax("application"))
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve();
    PuzzleSettings settings = PuzzleSettings.from(config);
    PuzzleSettings without =
        PuzzleSettings.from(
            ConfigFactory.parseString("puzzle.snapshots.every = 1000000").withFallback(config));
    RetentionCriteria snapshots =
        RetentionCriteria.snapshotEvery(settings.snapshots().every(), settings.snapshots().keep());
    List<LayerEvent> past = past();
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "recovery", config);
    try {
      Journal.of(config).prepare(system).toCompletableFuture().get(1, TimeUnit.MINUTES);
      write(system, past, "replayed/0", RetentionCriteria.disabled());
      write(system, past, "snapshots/0", snapshots);
    } finally {
      stop(system);
    }
    ActorSystem<Void> later = ActorSystem.create(Behaviors.empty(), "recovery", config);
    try {
      double worst = 0;
      for (String id : List.of("snapshots/0", "replayed/0")) {
        StringBuilder times = new StringBuilder();
        for (int round = 0; round < ROUNDS; round++) {
          double seconds = recover(later, id.startsWith("snapshots") ? settings : without, id);
          worst = Math.max(worst, seconds);
          times.append(" %.3f".formatted(seconds));
        }
        System.out.printf("%s journal, %d events, %s:%s s%n", kept, past.size(), id, times);
      }
      assertTrue(worst <= LIMIT.toMillis() / 1e3, "worst " + worst + " s");
    } finally {
      stop(later);
    }
  }

  /** From the actor's start to its first word to the solver, which it says once it is recovered. */
  private double recover(ActorSystem<Void> system, PuzzleSettings settings, String id)
      throws Exception {
    Reports peers = new Reports();
    long begun = System.nanoTime();
    ActorRef<Layer.Command> block =
        system.systemActorOf(
            LayerActor.create(id, settings, peers, System::nanoTime),
            "block-" + begun,
            Props.empty());
    Solver.Offer offer = peers.await(Solver.Offer.class);
    double seconds = (System.nanoTime() - begun) / 1e9;
    assertEquals(spec.space().blocks().size(), offer.scores().size(), "all that is on record");
    Adapter.toClassic(system).stop(Adapter.toClassic(block));
    return seconds;
  }

  /** Attempt after attempt is lost on every task; the last ones give results. */
  private List<LayerEvent> past() {
    List<Task> tasks = new ArrayList<>();
    spec.space().variants().stream()
        .filter(spec.space()::trainable)
        .forEach(v -> tasks.add(new Task.Bld(0, v, REF)));
    spec.space().blocks().stream()
        .filter(b -> !b.equals(spec.space().parent()))
        .forEach(b -> tasks.add(new Task.ScoreBlock(0, b, false, null, REF)));
    List<LayerEvent> events = new ArrayList<>();
    events.add(new LayerEvent.BuildOrdered(spec, 0, REF));
    int attempt = 1;
    for (; events.size() + 2 * tasks.size() < EVENTS; attempt++) {
      for (Task task : tasks) {
        events.add(new TaskEvent.AttemptStarted(task.key(), attempt, "host-12/cpu-3:25520"));
        events.add(
            new TaskEvent.AttemptFailed(
                task.key(),
                attempt,
                new Failure(Failure.Kind.DEVICE_LOST, task.key() + ": its lease ran out."),
                true,
                true));
      }
    }
    for (Task task : tasks) {
      events.add(new TaskEvent.AttemptStarted(task.key(), attempt, "host-12/cpu-3:25520"));
      events.add(
          new TaskEvent.TaskFinished(
              task.key(),
              attempt,
              task instanceof Task.Bld
                  ? new TaskResult.Trained(REF, 0.5, 0.25, 10)
                  : new TaskResult.BlockScored(Score.measured(0.125, 0.5))));
    }
    return events;
  }

  private void write(
      ActorSystem<Void> system, List<LayerEvent> events, String id, RetentionCriteria snapshots)
      throws Exception {
    ActorRef<Write> writer =
        system.systemActorOf(new Writer(id, snapshots), id.replace('/', '-'), Props.empty());
    for (int i = 0; i < events.size(); i += BATCH) {
      List<LayerEvent> batch = events.subList(i, Math.min(events.size(), i + BATCH));
      AskPattern.<Write, Done>ask(
              writer, replyTo -> new Write(batch, replyTo), PATIENCE, system.scheduler())
          .toCompletableFuture()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  private static void stop(ActorSystem<?> system) throws Exception {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().get(1, TimeUnit.MINUTES);
  }

  private record Write(List<LayerEvent> events, ActorRef<Done> replyTo) {}

  /** Leaves a past behind as a block of that id would. */
  private static final class Writer extends EventSourcedBehavior<Write, LayerEvent, LayerState> {

    private final String entityId;
    private final RetentionCriteria snapshots;

    Writer(String entityId, RetentionCriteria snapshots) {
      super(PersistenceId.of("Layer", entityId));
      this.entityId = entityId;
      this.snapshots = snapshots;
    }

    @Override
    public LayerState emptyState() {
      return LayerState.EMPTY;
    }

    @Override
    public CommandHandler<Write, LayerEvent, LayerState> commandHandler() {
      return newCommandHandlerBuilder()
          .forAnyState()
          .onCommand(
              Write.class,
              write ->
                  Effect()
                      .persist(write.events())
                      .thenRun(s -> write.replyTo().tell(Done.getInstance())))
          .build();
    }

    @Override
    public EventHandler<LayerState, LayerEvent> eventHandler() {
      return LayerState::on;
    }

    @Override
    public Set<String> tagsFor(LayerEvent event) {
      return Tags.ofEntity(entityId);
    }

    @Override
    public RetentionCriteria retentionCriteria() {
      return snapshots;
    }
  }
}

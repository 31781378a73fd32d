package puzzle.actors.node;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.japi.function.Function;
import puzzle.actors.feed.JournalReader;
import puzzle.actors.run.RunFolder;
import puzzle.model.RunSpec;
import puzzle.persistence.RunState;
import puzzle.protocol.Run;

/** Through which a program talks to the runs of a node it has started: asks and waits. */
public final class RunDesk {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final ActorSystem<?> system;
  private final Membership membership;

  RunDesk(ActorSystem<?> system, Membership membership) {
    this.system = system;
    this.membership = membership;
  }

  /** Starts a run or resumes it. */
  public Run.Answer start(RunSpec spec, int layers, String hash) {
    return ask(spec, replyTo -> new Run.Start(spec, layers, hash, replyTo), "the run's start");
  }

  /** Gives an order to a run and waits for the answer. */
  public Run.Answer order(RunSpec spec, Function<ActorRef<Run.Answer>, Run.Order> order) {
    return ask(spec, order::apply, "the run's answer");
  }

  /** Asks how far a run is. */
  public Run.Status status(RunSpec spec) {
    return ask(spec, Run.GetStatus::new, "the run's status");
  }

  /** Names of the runs in the journal. */
  public List<String> runs() {
    return wait(facts().runs(), "the journal's runs").stream().distinct().sorted().toList();
  }

  /**
   * Writes a run's folder from its journal: tables, report, events.
   *
   * @return the folder
   */
  public Path report(String run) {
    RunState state = wait(facts().state(run), "the run's journal");
    RunFolder.write(state);
    Path folder = Path.of(state.spec().store());
    events(run, folder);
    return folder;
  }

  /** Writes every event of a run into its folder, a line each. */
  public void events(String run, Path folder) {
    wait(facts().write(run, folder.resolve("events.ndjson")), "the run's events");
  }

  private JournalReader facts() {
    return JournalReader.of(system);
  }

  private <T> T ask(RunSpec spec, Function<ActorRef<T>, Run.Command> message, String what) {
    CompletableFuture<T> answer =
        ClusterSharding.get(system)
            .entityRefFor(ShardedPeers.RUN, spec.id().value())
            .ask(message, PATIENCE)
            .toCompletableFuture();
    try {
      wait(CompletableFuture.anyOf(answer, membership.stopped().toCompletableFuture()), what);
    } catch (IllegalStateException e) {
      membership.checkReadable();
      throw e;
    }
    membership.checkReadable();
    return wait(answer, what);
  }

  static <T> T wait(CompletionStage<T> stage, String what) {
    return Await.answer(
        stage,
        PATIENCE.plusSeconds(5),
        e ->
            new IllegalStateException(
                "%s: no answer: %s%nMaybe the log in the run's folder says more."
                    .formatted(what, e.getMessage()),
                e));
  }
}

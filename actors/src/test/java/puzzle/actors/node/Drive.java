package puzzle.actors.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.engine.solve.IncrementalSolver;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Feed;
import puzzle.protocol.Run;

/** A whole node on a journal in a temporary folder, driven from a test. */
public final class Drive implements AutoCloseable {

  private final PuzzleNode node;
  private final RunSpec spec;
  private final CompletableFuture<Outcome> ended = new CompletableFuture<>();
  public final List<Feed.Fact> facts = new CopyOnWriteArrayList<>();
  final Run.Answer answer;

  public Drive(RunSpec spec, int layers, int devices, FakeEngine engine) {
    this(spec, layers, devices, engine, Examples.QUICK, "hash");
  }

  public Drive(
      RunSpec spec, int layers, int devices, FakeEngine engine, Config settings, String hash) {
    this.spec = spec;
    this.node =
        PuzzleNode.alone(
            Path.of(spec.store(), "journal"),
            devices,
            new Tools(engine, IncrementalSolver::new),
            settings);
    node.watch(
        fact -> {
          facts.add(fact);
          if (fact instanceof Feed.Ended e) {
            ended.complete(e.outcome());
          }
        });
    try {
      this.answer = node.desk().start(spec, layers, hash);
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /** Waits for the end of the run. */
  public Outcome outcome() throws Exception {
    return ended.get(60, TimeUnit.SECONDS);
  }

  Run.Answer order(
      org.apache.pekko.japi.function.Function<
              org.apache.pekko.actor.typed.ActorRef<Run.Answer>, Run.Order>
          order) {
    return node.desk().order(spec, order);
  }

  /** Asks until the answer is as it should be. */
  void await(java.util.function.Predicate<Run.Status> condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!condition.test(status())) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still " + status());
      }
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
  }

  /** Waits for the run to have looked three times whether there is something to do. */
  void settle() {
    long seen = phases();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (phases() < seen + 3) {
      if (System.nanoTime() > end) {
        throw new AssertionError("the run does nothing");
      }
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
  }

  private long phases() {
    return facts.stream().filter(f -> f instanceof Feed.PhaseAdvanced).count();
  }

  public Run.Status status() {
    return node.desk().status(spec);
  }

  /** Waits until the node has stopped by itself. */
  void awaitStop() throws Exception {
    node.membership().stopped().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  void checkReadable() {
    node.membership().checkReadable();
  }

  JsonNode summary() throws IOException {
    return new ObjectMapper().readTree(Path.of(spec.store(), "report.json").toFile());
  }

  @Override
  public void close() {
    node.close();
  }
}

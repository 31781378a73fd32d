package puzzle.actors.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import puzzle.actors.edge.Refusal;
import puzzle.actors.feed.FactJson;
import puzzle.actors.gpu.RemoteGpuActor;
import puzzle.actors.work.Peers;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.protocol.Gpu;
import puzzle.protocol.Work;

/** Tasks for workers in other processes: leased, held by heartbeats, completed, failed. */
final class WorkerEndpoints {

  private static final Duration PATIENCE = Duration.ofSeconds(25);
  private static final int MOST_WORKERS = 1000;

  private final ActorSystem<?> system;
  private final HttpSettings settings;
  private final Peers peers;
  private final Executor thread;
  private final Map<String, ActorRef<Gpu.Command>> workers = new ConcurrentHashMap<>();
  private final AtomicInteger spawned = new AtomicInteger();

  WorkerEndpoints(ActorSystem<?> system, HttpSettings settings, Peers peers, Executor thread) {
    this.system = system;
    this.settings = settings;
    this.peers = peers;
    this.thread = thread;
  }

  CompletionStage<HttpResponse> lease(Call call) {
    return call.object("accepts", "wait_seconds")
        .thenCompose(
            body -> {
              JsonNode json = body.node();
              Set<String> accepts = new HashSet<>();
              for (JsonNode kind : json.path("accepts")) {
                if (!kind.isTextual() || !kind.textValue().matches("[A-Za-z0-9/+*._-]{1,128}")) {
                  throw Refusal.at(
                      "/accepts",
                      kind,
                      "is neither a kind of task nor a key",
                      "Maybe score, or score/5/kv-8+*.");
                }
                accepts.add(kind.textValue());
              }
              if (json.has("accepts") && !json.path("accepts").isArray()) {
                throw Refusal.at("/accepts", json.path("accepts"), "is not a list", null);
              }
              int wait = body.has("wait_seconds") ? body.whole("wait_seconds", 0, 30) : 20;
              return this.<RemoteGpuActor.Leased>ask(
                  worker(call),
                  Duration.ofSeconds(wait + 5),
                  to -> new RemoteGpuActor.Lease(accepts, Duration.ofSeconds(wait), to));
            })
        .thenApply(
            leased ->
                leased.lease() == null
                    ? HttpResponse.create().withStatus(204)
                    : Replies.ok(FactJson.bytes(lease(leased))));
  }

  private ObjectNode lease(RemoteGpuActor.Leased leased) {
    Work.Ticket ticket = leased.ticket();
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    json.put("lease", leased.lease());
    json.put("run", ticket.spec().id().value());
    json.put("key", ticket.task().key());
    json.put("attempt", ticket.attempt());
    json.put("heartbeat_seconds", settings.worker().silence().toMillis() / 3000.0);
    json.put("store", ticket.spec().store());
    json.set("task", FactJson.MAPPER.valueToTree(ticket.task()));
    json.set("spec", FactJson.MAPPER.valueToTree(ticket.spec()));
    return json;
  }

  CompletionStage<HttpResponse> heartbeat(Call call) {
    return call.object("lease", "done", "total", "loss")
        .thenCompose(
            body -> {
              String lease = body.text("lease");
              long done = body.has("done") ? body.whole("done", 0, Long.MAX_VALUE) : 0;
              long total = body.has("total") ? body.whole("total", 0, Long.MAX_VALUE) : 0;
              double loss = body.has("loss") ? body.number("loss", -1e300) : Double.NaN;
              return this.<RemoteGpuActor.Beaten>ask(
                  known(call),
                  PATIENCE,
                  to -> new RemoteGpuActor.Beat(lease, done, total, loss, to));
            })
        .thenCompose(
            beaten -> {
              held(beaten.held());
              return Replies.json(FactJson.MAPPER.createObjectNode().put("go_on", beaten.wanted()));
            });
  }

  CompletionStage<HttpResponse> complete(Call call) {
    return call.object("lease", "result")
        .thenCompose(
            body -> {
              String lease = body.text("lease");
              TaskResult result = result(body.node().path("result"));
              return this.<RemoteGpuActor.Leased>ask(
                      known(call), PATIENCE, to -> new RemoteGpuActor.GetTicket(lease, to))
                  .thenComposeAsync(
                      leased -> {
                        held(leased.lease() != null);
                        check(leased.ticket(), result);
                        return end(call, lease, result, null);
                      },
                      thread);
            });
  }

  CompletionStage<HttpResponse> fail(Call call) {
    return call.object("lease", "kind", "message")
        .thenCompose(
            body -> {
              Failure failure =
                  new Failure(
                      body.parsed("kind", Failure.Kind::valueOf), clip(body.text("message")));
              return end(call, body.text("lease"), null, failure);
            });
  }

  private CompletionStage<HttpResponse> end(
      Call call, String lease, TaskResult result, Failure failure) {
    return this.<RemoteGpuActor.Ended>ask(
            known(call), PATIENCE, to -> new RemoteGpuActor.End(lease, result, failure, to))
        .thenCompose(
            ended -> {
              held(ended.held());
              return Replies.json(
                  FactJson.MAPPER.createObjectNode().put("recorded", ended.recorded()));
            });
  }

  private <T> CompletionStage<T> ask(
      ActorRef<Gpu.Command> worker,
      Duration patience,
      Function<ActorRef<T>, Gpu.Command> question) {
    return AskPattern.ask(worker, question::apply, patience, system.scheduler());
  }

  private static TaskResult result(JsonNode json) {
    try {
      TaskResult result = FactJson.MAPPER.treeToValue(json, TaskResult.class);
      if (result == null) {
        throw Refusal.at("/result", json, "is not a result", "Maybe an object with @type.");
      }
      return result;
    } catch (JsonMappingException e) {
      StringBuilder pointer = new StringBuilder("/result");
      e.getPath()
          .forEach(
              p ->
                  pointer
                      .append('/')
                      .append(p.getFieldName() == null ? p.getIndex() : p.getFieldName()));
      throw Refusal.said(400, pointer.toString(), clip(e.getOriginalMessage()));
    } catch (JsonProcessingException e) {
      throw Refusal.said(400, "/result", clip(e.getOriginalMessage()));
    }
  }

  /** The result is one of this task, and the files it names are there and whole. */
  private static void check(Work.Ticket ticket, TaskResult result) {
    Task task = ticket.task();
    Class<? extends TaskResult> expected = task.resultType();
    if (!expected.isInstance(result)) {
      throw Refusal.at(
          "/result/@type",
          result.getClass().getSimpleName(),
          "is not a result of " + task.key(),
          "Maybe " + expected.getSimpleName() + " was meant.");
    }
    Store store = Store.open(Path.of(ticket.spec().store()));
    for (CheckpointRef ref : result.files()) {
      try {
        store.verify(ref);
      } catch (RuntimeException e) {
        throw Refusal.said(400, "/result", e.getMessage());
      }
    }
  }

  private ActorRef<Gpu.Command> worker(Call call) {
    String name = name(call);
    if (workers.size() >= MOST_WORKERS && !workers.containsKey(name)) {
      throw Refusal.of(503, "there are " + MOST_WORKERS + " workers already", null);
    }
    return workers.computeIfAbsent(
        name,
        n ->
            system.systemActorOf(
                RemoteGpuActor.create(
                    new Device(n, "external", 0),
                    settings.worker(),
                    peers,
                    System::nanoTime,
                    () -> workers.remove(n)),
                "worker-" + spawned.incrementAndGet(),
                Props.empty()));
  }

  private ActorRef<Gpu.Command> known(Call call) {
    ActorRef<Gpu.Command> worker = workers.get(name(call));
    held(worker != null);
    return worker;
  }

  private static void held(boolean held) {
    if (!held) {
      throw Refusal.of(
          409, "this lease is lost: the task continues elsewhere", "Maybe ask for another task.");
    }
  }

  private static String name(Call call) {
    String name = call.path().get("worker");
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw Refusal.of(
          404,
          "'" + clip(name) + "' is not a worker's name",
          "Maybe letters, digits, '.', '_', '-'.");
    }
    return name;
  }

  private static String clip(String text) {
    return text.length() > 2000 ? text.substring(0, 2000) + "..." : text;
  }
}

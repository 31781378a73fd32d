package puzzle.actors.feed;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.typed.javadsl.ActorSink;
import puzzle.actors.run.RunPlan;
import puzzle.protocol.Feed;

/**
 * Reads one run from the journal, once for all readers of this node: folds it into what a snapshot
 * shows and puts it into the {@link FactWindow} that readers follow. Owns nothing that is not in
 * the journal; when it dies or the journal is away, it begins again where it was.
 *
 * <p>An entity numbers its events without a gap. A tag's stream may skip one that was slow to
 * become visible; then that event is fetched by its number before anything after it is passed on.
 */
final class TailActor extends AbstractBehavior<TailActor.Command> {

  /** What a tail is told; never leaves the JVM. */
  sealed interface Command {}

  /** Answered once the run's past is read; null where there is no such run. */
  record Get(ActorRef<Followed> replyTo) implements Command {}

  /** What is not on record. */
  record Live(Feed.Fact fact) implements Command {}

  /** The answer to {@link Get}; empty where there is no such run. */
  record Followed(Optional<FollowedRun> following) {}

  private record Opened(ActorRef<Ack> ack) implements Command {}

  /** The streams of a tail are numbered: what an earlier one still says is not heard. */
  private record Read(int stream, ActorRef<Ack> ack, JournalFact fact) implements Command {}

  private record Filled(Read read, List<JournalFact> missing) implements Command {}

  private record PastRead(int stream) implements Command {}

  private record Broken(int stream, Throwable cause) implements Command {}

  private enum Ack {
    INSTANCE
  }

  enum Signal implements Command {
    STOP,
    OPEN,
    WAKE,
    LIVE,
    HEARTBEAT
  }

  /** Facts of one read of the journal come within this; readers are woken once for them. */
  private static final Duration WAKE = Duration.ofMillis(10);

  private static final Duration LIVE = Duration.ofMillis(500);
  private static final Duration HEARTBEAT = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofMinutes(2);
  private static final Duration REOPEN = Duration.ofSeconds(1);

  private final String run;
  private final JournalReader journal;
  private final FactWindow window;
  private final TimerScheduler<Command> timers;
  private final Consumer<Duration> lags;
  private final ActorRef<Feed.Command> feed;
  private final RunView view = new RunView();
  private final Map<String, Long> numbers = new HashMap<>();
  private final List<ActorRef<Followed>> waiting = new ArrayList<>();
  private final Map<String, Feed.Progressed> progress = new TreeMap<>();
  private final Map<String, Instant> progressAt = new HashMap<>();
  private Feed.PhaseAdvanced phase;
  private boolean caughtUp;
  private boolean dirty = true;
  private long facts;
  private long repaired;
  private Duration lastLag = Duration.ZERO;
  private Instant lastFact;
  private Instant failingSince;
  private String lastError = "";
  private String shown = "";
  private UniqueKillSwitch stream;
  private int streams;

  /**
   * @param lags told how old each new fact was when it was read
   */
  static Behavior<Command> create(
      String run,
      JournalReader journal,
      int windowSize,
      Consumer<Duration> lags,
      ActorRef<Feed.Command> feed) {
    return Behaviors.withTimers(
        timers ->
            Behaviors.setup(
                context -> new TailActor(context, timers, run, journal, windowSize, lags, feed)));
  }

  private TailActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String run,
      JournalReader journal,
      int windowSize,
      Consumer<Duration> lags,
      ActorRef<Feed.Command> feed) {
    super(context);
    this.run = run;
    this.journal = journal;
    this.timers = timers;
    this.lags = lags;
    this.feed = feed;
    this.window = new FactWindow(windowSize);
    timers.startTimerWithFixedDelay(Signal.LIVE, LIVE);
    timers.startTimerWithFixedDelay(Signal.HEARTBEAT, HEARTBEAT);
    open();
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Get.class, this::onGet)
        .onMessage(Live.class, this::onLive)
        .onMessage(Opened.class, this::onOpened)
        .onMessage(Read.class, this::onRead)
        .onMessage(Filled.class, this::onFilled)
        .onMessage(Broken.class, this::onBroken)
        .onMessage(PastRead.class, this::onPastRead)
        .onMessageEquals(Signal.STOP, Behaviors::stopped)
        .onMessageEquals(Signal.OPEN, this::onOpen)
        .onMessageEquals(Signal.WAKE, this::onWake)
        .onMessageEquals(Signal.LIVE, this::onLiveTick)
        .onMessageEquals(Signal.HEARTBEAT, this::onHeartbeat)
        .onSignal(org.apache.pekko.actor.typed.PostStop.class, s -> stop())
        .build();
  }

  private Behavior<Command> onGet(Get get) {
    if (!caughtUp) {
      waiting.add(get.replyTo());
      return this;
    }
    get.replyTo().tell(following());
    return this;
  }

  private Behavior<Command> onLive(Live live) {
    if (live.fact() instanceof Feed.Progressed p) {
      progress.put(p.device().name(), p);
      progressAt.put(p.device().name(), Instant.now());
    } else if (live.fact() instanceof Feed.PhaseAdvanced p) {
      phase = p;
    }
    dirty = true;
    return this;
  }

  private Behavior<Command> onOpened(Opened opened) {
    opened.ack().tell(Ack.INSTANCE);
    return this;
  }

  private Behavior<Command> onRead(Read read) {
    if (read.stream() != streams) {
      return this;
    }
    JournalFact fact = read.fact();
    long expected = numbers.getOrDefault(fact.persistenceId(), 0L) + 1;
    if (fact.sequence() > expected) {
      getContext()
          .pipeToSelf(
              journal.between(fact.persistenceId(), expected, fact.sequence() - 1),
              (missing, failure) ->
                  failure == null ? new Filled(read, missing) : new Broken(read.stream(), failure));
      return this;
    }
    if (fact.sequence() == expected) {
      take(fact, true);
    }
    read.ack().tell(Ack.INSTANCE);
    return this;
  }

  private Behavior<Command> onFilled(Filled filled) {
    if (filled.read().stream() != streams) {
      return this;
    }
    for (JournalFact missing : filled.missing()) {
      repaired++;
      // Its place in the tag's order has passed: a reader that comes back goes on after this one.
      take(
          new JournalFact(
              view.position(),
              missing.persistenceId(),
              missing.sequence(),
              missing.at(),
              missing.event()),
          false);
    }
    take(filled.read().fact(), true);
    filled.read().ack().tell(Ack.INSTANCE);
    return this;
  }

  private Behavior<Command> onBroken(Broken broken) {
    if (broken.stream() != streams) {
      return this;
    }
    if (failingSince == null) {
      failingSince = Instant.now();
    }
    lastError = String.valueOf(broken.cause().getMessage());
    dirty = true;
    getContext().getLog().warn("the journal of run {} cannot be read", run, broken.cause());
    stop();
    streams++;
    timers.startSingleTimer(Signal.OPEN, REOPEN);
    return this;
  }

  private Behavior<Command> onOpen() {
    open();
    return this;
  }

  private Behavior<Command> onPastRead(PastRead past) {
    if (past.stream() != streams) {
      return this;
    }
    caughtUp = true;
    failingSince = null;
    dirty = true;
    showLive();
    waiting.forEach(w -> w.tell(following()));
    waiting.clear();
    if (view.started()) {
      open();
    } else {
      feed.tell(new FeedActor.Idle(run, getContext().getSelf()));
    }
    return this;
  }

  private Behavior<Command> onWake() {
    window.wake();
    return this;
  }

  private Behavior<Command> onLiveTick() {
    if (dirty) {
      showLive();
    }
    return this;
  }

  /** Nothing new is news too: it tells a reader that the line is up. */
  private Behavior<Command> onHeartbeat() {
    shown = "";
    showLive();
    if (window.untouchedFor(IDLE)) {
      feed.tell(new FeedActor.Idle(run, getContext().getSelf()));
    }
    return this;
  }

  private Behavior<Command> stop() {
    if (stream != null) {
      stream.shutdown();
      stream = null;
    }
    return this;
  }

  private void open() {
    stop();
    int number = ++streams;
    Source<JournalFact, ?> source =
        caughtUp ? journal.follow(run, view.position()) : journal.past(run, view.position());
    Sink<JournalFact, ?> sink =
        ActorSink.<JournalFact, Command, Ack>actorRefWithBackpressure(
            getContext().getSelf(),
            (ack, fact) -> new Read(number, ack, fact),
            Opened::new,
            Ack.INSTANCE,
            caughtUp
                ? new Broken(number, new IllegalStateException("the stream of events ended"))
                : new PastRead(number),
            cause -> new Broken(number, cause));
    stream =
        source.viaMat(KillSwitches.single(), Keep.right()).to(sink).run(getContext().getSystem());
    if (caughtUp && failingSince != null) {
      failingSince = null;
      dirty = true;
    }
  }

  private void take(JournalFact fact, boolean ordered) {
    numbers.put(fact.persistenceId(), fact.sequence());
    view.on(fact);
    facts++;
    lastFact = fact.at();
    if (caughtUp) {
      lastLag = Duration.between(fact.at(), Instant.now());
      lags.accept(lastLag);
      dirty = true;
    }
    window.append(fact.position(), ordered ? fact.frame() : fact.frameWithoutPosition());
    if (!timers.isTimerActive(Signal.WAKE)) {
      timers.startSingleTimer(Signal.WAKE, WAKE);
    }
  }

  private Followed following() {
    return new Followed(
        view.started()
            ? Optional.of(new FollowedRun(view.snapshot(), window, live()))
            : Optional.empty());
  }

  private void showLive() {
    dirty = false;
    progressAt.values().removeIf(at -> at.isBefore(Instant.now().minusSeconds(30)));
    progress.keySet().retainAll(progressAt.keySet());
    ObjectNode live = live();
    String text = live.toString();
    if (!text.equals(shown)) {
      shown = text;
      window.live(JournalFact.frame("", "live", live));
    }
  }

  /** Phase, running tasks, members, the journal's health: true now, on record nowhere. */
  private ObjectNode live() {
    ObjectNode live = FactJson.MAPPER.createObjectNode();
    ObjectNode at = live.putObject("phase");
    if (view.started()) {
      RunPlan plan = new RunPlan(view.state());
      at.put("name", plan.phase().label()).put("done", plan.done()).put("total", plan.total());
    }
    ArrayNode running = live.putArray("progress");
    progress.forEach(
        (device, p) -> {
          ObjectNode line = running.addObject();
          line.put("device", device).put("key", p.key()).put("done", p.done());
          line.put("total", p.total()).put("at", progressAt.get(device).toString());
          if (Double.isFinite(p.loss())) {
            line.put("loss", p.loss());
          }
        });
    Cluster cluster = Cluster.get(getContext().getSystem());
    ArrayNode members = live.putArray("members");
    for (Member member : cluster.state().getMembers()) {
      ObjectNode line = members.addObject();
      line.put("address", member.address().toString());
      line.put("status", member.status().toString().toLowerCase(java.util.Locale.ROOT));
      line.put("reachable", !cluster.state().getUnreachable().contains(member));
      ArrayNode roles = line.putArray("roles");
      member.getRoles().stream().filter(r -> !r.startsWith("dc-")).sorted().forEach(roles::add);
    }
    ObjectNode health = live.putObject("journal");
    health.put("ok", failingSince == null);
    if (failingSince != null) {
      health.put("failing_since", failingSince.toString()).put("error", lastError);
    }
    health.put("facts", facts).put("repaired", repaired);
    health.put("lag_ms", lastLag.toMillis());
    if (lastFact != null) {
      health.put("last_fact", lastFact.toString());
    }
    return live;
  }
}

package puzzle.actors.feed;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.typed.javadsl.ActorSink;
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

  /** Answered once the run's past is read; null if there is no such run. */
  record Get(ActorRef<Followed> replyTo) implements Command {}

  /** What is not on record. */
  record Live(Feed.Fact fact) implements Command {}

  /** The answer to {@link Get}; empty if there is no such run. */
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

  private final String run;
  private final JournalReader journal;
  private final FeedSettings settings;
  private final FactWindow window;
  private final LiveLine live;
  private final TimerScheduler<Command> timers;
  private final Consumer<Duration> lags;
  private final ActorRef<Feed.Command> feed;
  private final RunView view = new RunView();

  /** The last event of each entity that was passed on. */
  private final Map<String, Long> numbers = new HashMap<>();

  private final List<ActorRef<Followed>> waiting = new ArrayList<>();
  private boolean caughtUp;
  private UniqueKillSwitch stream;
  private int streams;

  /**
   * @param lags told how old each new fact was when it was read
   */
  static Behavior<Command> create(
      String run,
      JournalReader journal,
      FeedSettings settings,
      Clock clock,
      Consumer<Duration> lags,
      ActorRef<Feed.Command> feed) {
    return Behaviors.withTimers(
        timers ->
            Behaviors.setup(
                context ->
                    new TailActor(context, timers, run, journal, settings, clock, lags, feed)));
  }

  private TailActor(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String run,
      JournalReader journal,
      FeedSettings settings,
      Clock clock,
      Consumer<Duration> lags,
      ActorRef<Feed.Command> feed) {
    super(context);
    this.run = run;
    this.journal = journal;
    this.timers = timers;
    this.lags = lags;
    this.feed = feed;
    this.settings = settings;
    this.window = new FactWindow(settings.window());
    this.live = new LiveLine(clock, settings.stale());
    timers.startTimerWithFixedDelay(Signal.LIVE, settings.live());
    timers.startTimerWithFixedDelay(Signal.HEARTBEAT, settings.heartbeat());
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
        .onSignal(PostStop.class, s -> stop())
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

  private Behavior<Command> onLive(Live heard) {
    live.heard(heard.fact());
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
      live.repaired();
      // Its place in the tag's order has passed: a reader that comes back continues after this one.
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
    live.failing(broken.cause());
    getContext().getLog().warn("the journal of run {} cannot be read", run, broken.cause());
    stop();
    streams++;
    timers.startSingleTimer(Signal.OPEN, settings.reopen());
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
    live.readable();
    showLive(false);
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
    if (live.dirty()) {
      showLive(false);
    }
    return this;
  }

  /** Nothing new is news too: it tells a reader that the line is up. */
  private Behavior<Command> onHeartbeat() {
    showLive(true);
    if (window.untouchedFor(settings.idle())) {
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
    if (caughtUp) {
      live.readable();
    }
  }

  private void take(JournalFact fact, boolean ordered) {
    numbers.put(fact.persistenceId(), fact.sequence());
    view.on(fact);
    if (caughtUp) {
      lags.accept(live.present(fact));
    } else {
      live.past(fact);
    }
    window.append(fact.position(), ordered ? fact.frame() : fact.frameWithoutPosition());
    if (!timers.isTimerActive(Signal.WAKE)) {
      timers.startSingleTimer(Signal.WAKE, settings.wake());
    }
  }

  private Followed following() {
    return new Followed(
        view.started()
            ? Optional.of(new FollowedRun(view.snapshot(), window, live.json(view, cluster())))
            : Optional.empty());
  }

  private void showLive(boolean signOfLife) {
    live.frame(view, cluster(), signOfLife).ifPresent(window::live);
  }

  private CurrentClusterState cluster() {
    return Cluster.get(getContext().getSystem()).state();
  }
}

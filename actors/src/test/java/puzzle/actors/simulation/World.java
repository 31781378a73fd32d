package puzzle.actors.simulation;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.InternalActorRef;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import puzzle.actors.gkd.GkdActor;
import puzzle.actors.gpu.DeviceThread;
import puzzle.actors.gpu.GpuActor;
import puzzle.actors.gpu.GpuPoolActor;
import puzzle.actors.layer.LayerActor;
import puzzle.actors.run.RunActor;
import puzzle.actors.solver.SolverActor;
import puzzle.actors.work.Peers;
import puzzle.actors.work.Unreadable;
import puzzle.cluster.PuzzleSettings;
import puzzle.model.Device;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.protocol.Feed;
import puzzle.protocol.Gkd;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Work;

/**
 * The real actors of one run, with simulated devices, on one actor system. Entities live as
 * sharding keeps them: spawned by the first message, never two of the same name. The adversary
 * stands on every way from one actor to another, and at the actors' clocks: a clock that throws is
 * a bug in a handler.
 */
final class World implements Peers {

  static final int LAYERS = 3;
  private static final int DEVICES = 3;
  private static final Duration HUNG = Duration.ofSeconds(40);
  private static final Duration WHILE = Duration.ofSeconds(3);

  private final ActorSystem<?> system;
  private final PuzzleSettings settings;
  private final RunSpec spec;
  private final Adversary adversary;
  private final Oracle oracle;
  private final Map<String, ActorRef<?>> living = new HashMap<>();
  private final Set<ActorRef<?>> stopped = new HashSet<>();
  private final Map<ActorRef<Gpu.Command>, ActorRef<Gpu.Command>> ways = new HashMap<>();
  private final Map<String, Work.Owner> owners = new HashMap<>();
  private final Set<String> cursed = new HashSet<>();
  private final int number;
  private int spawned;
  private int life;
  private boolean dark;

  private static int worlds;

  World(
      ActorSystem<?> system,
      PuzzleSettings settings,
      RunSpec spec,
      Adversary adversary,
      Oracle oracle) {
    this.system = system;
    this.settings = settings;
    this.spec = spec;
    this.adversary = adversary;
    this.oracle = oracle;
    this.number = worlds++;
  }

  /** Everything comes up, for the first time or after it went down. */
  void begin() {
    dark = false;
    spawnPool();
    for (int i = 0; i < DEVICES; i++) {
      spawnDevice(i);
    }
    startAgain(life);
  }

  /** All processes die at once; what was on its way is lost. */
  void blackout(Duration length) {
    adversary.count("all killed");
    dark = true;
    life++;
    List.copyOf(living.keySet()).forEach(this::kill);
    Steps.THE.after(length, this::begin);
  }

  /** One accident, drawn by the adversary. */
  void accident() {
    if (dark) {
      return;
    }
    switch (adversary.pick(10)) {
      case 0 -> blackout(adversary.upTo(Duration.ofSeconds(10)));
      case 1, 2 -> {
        kill("pool");
        Steps.THE.after(adversary.upTo(WHILE), inThisLife(this::spawnPool));
      }
      case 3, 4, 5 -> replace(adversary.pick(DEVICES));
      case 6, 7 -> kill(entityName());
      default -> {
        String name = adversary.pick(2) == 0 ? entityName() : "gpu-" + adversary.pick(DEVICES);
        cursed.add(adversary.pick(5) == 0 ? "pool" : name);
      }
    }
  }

  /** Stops everything for good. */
  void end() {
    dark = true;
    life++;
    living.values().forEach(this::stop);
    adversary.payAll();
    Steps.THE.settle();
  }

  private String entityName() {
    int pick = adversary.pick(LAYERS + 3);
    return pick < LAYERS ? "layer-" + pick : List.of("run", "solver", "gkd").get(pick - LAYERS);
  }

  /** Whoever wants the run starts it, and again where nothing comes of it. */
  private void startAgain(int asked) {
    if (asked == life && oracle.end() == null) {
      ActorRef<Run.Answer> nobody = Adapter.toTyped(Adapter.toClassic(system).deadLetters());
      arriveAt("run", this::run, new Run.Start(spec, LAYERS, "hash", nobody), life);
      Steps.THE.after(Duration.ofSeconds(5), () -> startAgain(asked));
    }
  }

  private Runnable inThisLife(Runnable action) {
    int now = life;
    return () -> {
      if (now == life) {
        action.run();
      }
    };
  }

  @Override
  public void pool(GpuPool.Command command) {
    GpuPool.Command sent = command;
    if (command instanceof GpuPool.Announce a) {
      sent =
          new GpuPool.Announce(
              a.device(), way(a.gpu(), a.device()), a.running(), a.received(), a.exclusive());
    }
    send("pool", null, sent);
  }

  @Override
  public void run(RunId run, Run.Command command) {
    oracle.told(command);
    send("run", this::run, command);
  }

  @Override
  public void layer(RunId run, int layer, Layer.Command command) {
    send("layer-" + layer, () -> layer(layer), command);
  }

  @Override
  public void solver(RunId run, Solver.Command command) {
    if (command instanceof Solver.Offer offer) {
      oracle.offered(offer);
    }
    send("solver", this::solver, command);
  }

  @Override
  public void gkd(RunId run, Gkd.Command command) {
    send("gkd", this::gkd, command);
  }

  @Override
  public void owner(Work.Owner owner, Work.Report report) {
    owners.put(report.key(), owner);
    Work.Report sent = byTheWay(report);
    switch (owner.kind()) {
      case RUN -> send("run", this::run, new Run.Reported(sent));
      case GKD -> send("gkd", this::gkd, new Gkd.Reported(sent));
      case LAYER -> {
        int layer = Integer.parseInt(owner.entityId().split("/")[1]);
        send("layer-" + layer, () -> layer(layer), new Layer.Reported(sent));
      }
    }
  }

  @Override
  public void stop(Unreadable reason) {
    oracle.check(false, "a node stops: %s", reason.message());
  }

  @Override
  public boolean replaced() {
    return false;
  }

  @Override
  public void announce(Feed.Fact fact) {
    if (fact instanceof Feed.IncumbentChanged changed) {
      oracle.published(changed.incumbent());
    }
  }

  private Behavior<Run.Command> run() {
    return RunActor.create(
        spec.id().value(),
        settings,
        this,
        clock("run"),
        Clock.fixed(Instant.EPOCH, ZoneOffset.UTC),
        self -> {});
  }

  private Behavior<Layer.Command> layer(int layer) {
    return LayerActor.create(
        Layer.entityId(spec.id().value(), layer), settings, this, clock("layer-" + layer));
  }

  private Behavior<Gkd.Command> gkd() {
    return GkdActor.create(spec.id().value(), settings, this, clock("gkd"));
  }

  private Behavior<Solver.Command> solver() {
    return SolverActor.create(
        spec.id(), settings, this, (table, rows) -> new WatchedSolver(table, rows, oracle));
  }

  /** The device's process dies, and whoever looks after processes starts another. */
  private void replace(int index) {
    kill("gpu-" + index);
    kill("thread-" + index);
    Steps.THE.after(adversary.upTo(WHILE), inThisLife(() -> spawnDevice(index)));
  }

  private void spawnPool() {
    if (!living.containsKey("pool")) {
      spawn("pool", GpuPoolActor.create(settings.gpu(), clock("pool")));
    }
  }

  private void spawnDevice(int index) {
    String name = "gpu-" + index;
    if (living.containsKey(name)) {
      return;
    }
    oracle.stopped(name);
    Conduct conduct =
        (ticket, device) -> {
          Conduct.Fate fate = adversary.fate(ticket, device);
          if (fate.hangs()) {
            Steps.THE.after(HUNG, inThisLife(() -> replace(index)));
          }
          return fate;
        };
    ActorRef<DeviceThread.Job> thread =
        spawn(
            "thread-" + index,
            SimulatedDevice.create(name, conduct, Duration.ofSeconds(1), oracle));
    spawn(
        name,
        GpuActor.create(
            new Device("host", "simulated", index), thread, settings.gpu(), this, clock(name)));
  }

  /** What a device is told passes the adversary too. */
  private ActorRef<Gpu.Command> way(ActorRef<Gpu.Command> gpu, Device device) {
    return ways.computeIfAbsent(
        gpu,
        g ->
            system.systemActorOf(
                Behaviors.setup(
                    context -> {
                      context.watch(g);
                      return Behaviors.receive(Gpu.Command.class)
                          .onAnyMessage(
                              command -> {
                                if (command instanceof Gpu.Acknowledge a) {
                                  oracle.acknowledged(owners.get(a.key()), device.name(), a);
                                }
                                adversary.send(
                                    () -> {
                                      oracle.note("%s <- %s", device, command);
                                      g.tell(command);
                                    });
                                return Behaviors.same();
                              })
                          .onSignal(Terminated.class, t -> Behaviors.stopped())
                          .build();
                    }),
                name("way"),
                Props.empty()));
  }

  private Work.Report byTheWay(Work.Report report) {
    ActorRef<Gpu.Command> way = way(report.gpu(), report.device());
    if (report instanceof Work.Started r) {
      return new Work.Started(r.key(), r.attempt(), r.device(), way);
    } else if (report instanceof Work.Alive r) {
      return new Work.Alive(r.key(), r.attempt(), r.device(), way);
    } else if (report instanceof Work.Done r) {
      return new Work.Done(r.key(), r.attempt(), r.device(), way, r.result());
    } else if (report instanceof Work.Failed r) {
      return new Work.Failed(r.key(), r.attempt(), r.device(), way, r.failure());
    }
    throw new IllegalArgumentException("unknown report: " + report);
  }

  private <T> void send(String name, Supplier<Behavior<T>> behavior, T command) {
    int sent = life;
    adversary.send(() -> arriveAt(name, behavior, command, sent));
  }

  @SuppressWarnings("unchecked")
  private <T> void arriveAt(String name, Supplier<Behavior<T>> behavior, T command, int sent) {
    if (dark || sent != life) {
      return;
    }
    ActorRef<T> ref = (ActorRef<T>) living.get(name);
    if (ref != null && terminated(ref)) {
      living.remove(name);
      ref = null;
    }
    if (ref != null && stopped.contains(ref)) {
      Steps.THE.add(() -> arriveAt(name, behavior, command, sent));
      return;
    }
    if (ref == null && behavior != null) {
      ref = spawn(name, behavior.get());
    }
    if (ref != null) {
      oracle.note("%s <- %s", name, command);
      ref.tell(command);
    }
  }

  private <T> ActorRef<T> spawn(String name, Behavior<T> behavior) {
    ActorRef<T> ref = system.systemActorOf(behavior, name(name), Props.empty());
    living.put(name, ref);
    return ref;
  }

  private String name(String what) {
    return "world-" + number + "-" + what + "-" + spawned++;
  }

  private void kill(String name) {
    ActorRef<?> ref = living.get(name);
    if (ref != null) {
      adversary.count("actor killed");
      oracle.note("%s is killed", name);
      stop(ref);
      if (name.equals("pool") || name.startsWith("gpu") || name.startsWith("thread")) {
        living.remove(name);
      }
    }
  }

  private void stop(ActorRef<?> ref) {
    stopped.add(ref);
    ((ExtendedActorSystem) Adapter.toClassic(system)).stop(Adapter.toClassic(ref));
  }

  private static boolean terminated(ActorRef<?> ref) {
    return ((InternalActorRef) Adapter.toClassic(ref)).isTerminated();
  }

  /** The time, until the actor is cursed: then its next look at the clock is its last. */
  private LongSupplier clock(String name) {
    return () -> {
      if (cursed.remove(name)) {
        adversary.count("handler threw");
        oracle.note("%s is cursed", name);
        throw new IllegalStateException(name + " is cursed");
      }
      return Steps.THE.nanos();
    };
  }
}

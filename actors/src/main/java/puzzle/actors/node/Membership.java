package puzzle.actors.node;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import puzzle.actors.work.Unreadable;
import puzzle.cluster.NodeConfig;
import puzzle.cluster.NodeRole;

/** One node among the others: joins them, and leaves when it is cut off or not wanted. */
public final class Membership {

  private static final Duration CHECK = Duration.ofSeconds(1);

  private final ActorSystem<?> system;

  Membership(ActorSystem<?> system) {
    this.system = system;
  }

  /** Begins a cluster of this node alone. */
  void joinItself() {
    Cluster cluster = Cluster.get(system);
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
  }

  /**
   * Joins a cluster, or begins one if this is the first seed and most seeds know of none.
   *
   * @param patience the first seed that waits longer for the others stops
   */
  void join(List<String> seeds, Duration patience) {
    if (seeds.isEmpty() || !seeds.get(0).equals(address())) {
      join(seeds);
      return;
    }
    Thread waiting =
        new Thread(
            () -> {
              if (new SeedQuorum(seeds, address()).await(patience)) {
                join(seeds);
              } else {
                system.terminate();
              }
            },
            "seeds");
    waiting.setDaemon(true);
    waiting.start();
  }

  /** Looks for a cluster among the seeds; the first of them begins one where there is none. */
  private void join(List<String> seeds) {
    Cluster cluster = Cluster.get(system);
    List<Address> addresses = new ArrayList<>();
    for (String seed : seeds) {
      addresses.add(AddressFromURIString.parse("pekko://" + NodeConfig.SYSTEM + "@" + seed));
    }
    if (addresses.isEmpty()) {
      addresses.add(cluster.selfMember().address());
    }
    cluster.manager().tell(new JoinSeedNodes(addresses));
  }

  /** False if the cluster continues without this node: nobody waits for what its devices do. */
  public boolean told() {
    return CoordinatedShutdown.get(Adapter.toClassic(system))
        .getShutdownReason()
        .filter(r -> r == CoordinatedShutdown.clusterDowningReason())
        .isEmpty();
  }

  /** Stops the node when the cluster it is a member of has had no coordinator for that long. */
  void leaveOnceLonely(Duration patience) {
    AtomicLong met = new AtomicLong();
    system
        .scheduler()
        .scheduleAtFixedRate(
            CHECK,
            CHECK,
            () -> {
              boolean coordinated = false;
              for (Member member : Cluster.get(system).state().getMembers()) {
                coordinated |= member.hasRole(NodeRole.COORDINATOR.label());
              }
              long now = System.nanoTime();
              if (coordinated) {
                met.set(now);
              } else if (met.get() != 0 && now - met.get() > patience.toNanos()) {
                leave();
              }
            },
            system.executionContext());
  }

  /** How long a node can be silent before others may continue without it, at the least. */
  static Duration unnoticed(Config config) {
    Config cluster = config.getConfig("pekko.cluster");
    return cluster
        .getDuration("failure-detector.acceptable-heartbeat-pause")
        .plus(cluster.getDuration("split-brain-resolver.stable-after"));
  }

  /** As if the others had decided it. */
  void leave() {
    CoordinatedShutdown.get(Adapter.toClassic(system))
        .run(CoordinatedShutdown.clusterDowningReason());
  }

  /** Completed once the node is a member that takes part. */
  public CompletionStage<Done> up() {
    CompletableFuture<Done> up = new CompletableFuture<>();
    org.apache.pekko.cluster.Cluster.get(Adapter.toClassic(system))
        .registerOnMemberUp(() -> up.complete(Done.getInstance()));
    return up;
  }

  /** True if the node stopped because the cluster would not have it as it is set up. */
  public boolean refused() {
    return CoordinatedShutdown.get(Adapter.toClassic(system))
        .getShutdownReason()
        .filter(r -> r == CoordinatedShutdown.incompatibleConfigurationDetectedReason())
        .isPresent();
  }

  /**
   * Does nothing unless the node stopped by itself because of its journal.
   *
   * @throws UnreadableJournalException naming the entity and the event
   */
  public void checkReadable() {
    CoordinatedShutdown.get(Adapter.toClassic(system))
        .getShutdownReason()
        .filter(Unreadable.class::isInstance)
        .ifPresent(
            reason -> {
              throw new UnreadableJournalException(((Unreadable) reason).message());
            });
  }

  /**
   * Completed once the node has begun to stop, whatever stops it. A node that never became a member
   * does not always get to the end of it by itself.
   */
  public CompletionStage<Done> stopping() {
    CompletableFuture<Done> stopping = new CompletableFuture<>();
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(Adapter.toClassic(system));
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "stopping",
        () -> {
          stopping.complete(Done.getInstance());
          return CompletableFuture.completedFuture(Done.getInstance());
        });
    // Its first phase may be over.
    shutdown.getShutdownReason().ifPresent(reason -> stopping.complete(Done.getInstance()));
    return stopping;
  }

  /** Completed once the node has stopped, whatever stopped it. */
  public CompletionStage<Done> stopped() {
    return system.getWhenTerminated();
  }

  /** {@code host:port}. */
  public String address() {
    Address address = Cluster.get(system).selfMember().address();
    return address.getHost().orElse("local") + ":" + address.getPort().orElse(0);
  }
}

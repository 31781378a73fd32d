package puzzle.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;

/**
 * The {@code puzzle} section of the configuration, read and checked once, when a node starts.
 *
 * @param roles of this node
 */
public record PuzzleSettings(
    Set<NodeRole> roles,
    Gpu gpu,
    Lease lease,
    Solver solver,
    Duration reconcile,
    Snapshots snapshots) {

  /**
   * Devices of this node.
   *
   * @param devices how many
   * @param kind of all of them
   * @param heartbeat how often a running task renews its lease
   * @param announce how often a device tells the pool that it is here
   * @param silence a task that shows no sign of life for so long no longer renews its lease
   * @param sample least time between two reports of progress
   * @param rest a device whose result cannot be written takes nothing for so long
   * @param leave tasks that no device of this cluster's nodes takes: kinds or keys with {@code *},
   *     left to workers that ask for them
   */
  public record Gpu(
      int devices,
      String kind,
      Duration heartbeat,
      Duration announce,
      Duration silence,
      Duration sample,
      Duration restartMin,
      Duration restartMax,
      Duration rest,
      Set<String> leave) {}

  /**
   * Leases of tasks.
   *
   * @param duration a lease that is not renewed ends after this
   * @param adoption after its own restart an owner waits so long for a running attempt to report
   * @param reoffer an offer that nobody took up is made again after this
   * @param losses attempts at one task that may vanish before it is given up
   */
  public record Lease(Duration duration, Duration adoption, Duration reoffer, int losses) {}

  /**
   * When and for how long the solver works.
   *
   * @param settle scores that arrive within this are solved for together
   * @param limit of one solve while scores still arrive
   * @param finalLimit of the solve on the complete table
   * @param randomBaselines architectures drawn for the random baseline
   */
  public record Solver(Duration settle, Duration limit, Duration finalLimit, int randomBaselines) {}

  /** A snapshot is taken every so many events; so many are kept. */
  public record Snapshots(int every, int keep) {}

  /**
   * Reads and checks the {@code puzzle} section of a whole configuration.
   *
   * @throws IllegalArgumentException naming the setting, its value and where it was set
   */
  public static PuzzleSettings from(Config root) {
    try {
      Config c = root.getConfig("puzzle");
      EnumSet<NodeRole> roles = EnumSet.noneOf(NodeRole.class);
      c.getStringList("roles").forEach(r -> roles.add(NodeRole.parse(r)));
      if (roles.isEmpty()) {
        throw wrong(c, "roles", "has no role");
      }
      PuzzleSettings settings =
          new PuzzleSettings(
              Set.copyOf(roles),
              new Gpu(
                  count(c, "gpu.devices", 0),
                  c.getString("gpu.kind"),
                  positive(c, "gpu.heartbeat"),
                  positive(c, "gpu.announce"),
                  positive(c, "gpu.silence"),
                  positive(c, "gpu.sample"),
                  positive(c, "gpu.restart-min"),
                  positive(c, "gpu.restart-max"),
                  positive(c, "gpu.rest"),
                  Set.copyOf(c.getStringList("gpu.leave"))),
              new Lease(
                  positive(c, "lease.duration"),
                  positive(c, "lease.adoption"),
                  positive(c, "lease.reoffer"),
                  count(c, "lease.losses", 1)),
              new Solver(
                  positive(c, "solver.settle"),
                  positive(c, "solver.limit"),
                  positive(c, "solver.final-limit"),
                  count(c, "solver.random-baselines", 0)),
              positive(c, "run.reconcile"),
              new Snapshots(count(c, "snapshots.every", 1), count(c, "snapshots.keep", 1)));
      if (settings.lease.duration.compareTo(settings.gpu.heartbeat.multipliedBy(3)) < 0) {
        throw wrong(c, "lease.duration", "is under three heartbeats (gpu.heartbeat)");
      }
      return settings;
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          e.getMessage() + "\nMaybe compare with puzzle.conf in cluster-config.", e);
    }
  }

  private static Duration positive(Config c, String path) {
    Duration value = c.getDuration(path);
    if (value.isNegative() || value.isZero()) {
      throw wrong(c, path, "is not a positive duration");
    }
    return value;
  }

  private static int count(Config c, String path, int least) {
    int value = c.getInt(path);
    if (value < least) {
      throw wrong(c, path, "is under " + least);
    }
    return value;
  }

  private static IllegalArgumentException wrong(Config c, String path, String what) {
    return new IllegalArgumentException(
        "%s: puzzle.%s = %s %s.\nMaybe compare with puzzle.conf in cluster-config."
            .formatted(
                c.getValue(path).origin().description(), path, c.getValue(path).unwrapped(), what));
  }
}

package puzzle.actors.feed;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.util.ByteString;
import puzzle.actors.run.RunPlan;
import puzzle.protocol.Feed;

/** What is true of a run now and on record nowhere: phase, progress, the journal's health. */
final class LiveLine {

  private record Progress(Feed.Progressed fact, Instant at) {}

  private final Clock clock;
  private final Duration stale;
  private final Map<String, Progress> progress = new TreeMap<>();
  private long facts;
  private long repaired;
  private Duration lag = Duration.ZERO;
  private Instant lastFact;
  private Instant failingSince;
  private String error = "";
  private boolean dirty = true;
  private String shown = "";

  /**
   * @param stale progress that is not renewed for this long is no longer shown
   */
  LiveLine(Clock clock, Duration stale) {
    this.clock = clock;
    this.stale = stale;
  }

  void heard(Feed.Fact fact) {
    if (fact instanceof Feed.Progressed p) {
      progress.put(p.device().name(), new Progress(p, clock.instant()));
    }
    dirty = true;
  }

  /** One of the facts that were on record before anybody asked. */
  void past(JournalFact fact) {
    facts++;
    lastFact = fact.at();
  }

  /**
   * A new fact.
   *
   * @return how old it is
   */
  Duration present(JournalFact fact) {
    past(fact);
    lag = Duration.between(fact.at(), clock.instant());
    dirty = true;
    return lag;
  }

  /** A fact that the journal skipped was fetched. */
  void repaired() {
    repaired++;
  }

  void failing(Throwable cause) {
    failingSince = failingSince == null ? clock.instant() : failingSince;
    error = String.valueOf(cause.getMessage());
    dirty = true;
  }

  void readable() {
    failingSince = null;
    dirty = true;
  }

  /** Whether something may have changed since the last frame. */
  boolean dirty() {
    return dirty;
  }

  /** The frame for readers; empty if it is the one before, unless they need a sign of life. */
  Optional<ByteString> frame(RunView view, CurrentClusterState cluster, boolean signOfLife) {
    ObjectNode live = json(view, cluster);
    dirty = false;
    String text = live.toString();
    if (text.equals(shown) && !signOfLife) {
      return Optional.empty();
    }
    shown = text;
    return Optional.of(JournalFact.frame("", "live", live));
  }

  ObjectNode json(RunView view, CurrentClusterState cluster) {
    ObjectNode live = FactJson.MAPPER.createObjectNode();
    ObjectNode phase = live.putObject("phase");
    if (view.started()) {
      RunPlan plan = new RunPlan(view.state());
      phase.put("name", plan.phase().label()).put("done", plan.done()).put("total", plan.total());
    }
    putProgress(live.putArray("progress"));
    putMembers(live.putArray("members"), cluster);
    putHealth(live.putObject("journal"));
    return live;
  }

  private void putProgress(ArrayNode running) {
    Instant oldest = clock.instant().minus(stale);
    progress.values().removeIf(p -> p.at().isBefore(oldest));
    progress.forEach(
        (device, p) -> {
          ObjectNode line = running.addObject();
          line.put("device", device).put("key", p.fact().key()).put("done", p.fact().done());
          line.put("total", p.fact().total()).put("at", p.at().toString());
          if (Double.isFinite(p.fact().loss())) {
            line.put("loss", p.fact().loss());
          }
        });
  }

  private static void putMembers(ArrayNode members, CurrentClusterState cluster) {
    for (Member member : cluster.getMembers()) {
      ObjectNode line = members.addObject();
      line.put("address", member.address().toString());
      line.put("status", member.status().toString().toLowerCase(Locale.ROOT));
      line.put("reachable", !cluster.getUnreachable().contains(member));
      ArrayNode roles = line.putArray("roles");
      member.getRoles().stream().filter(r -> !r.startsWith("dc-")).sorted().forEach(roles::add);
    }
  }

  private void putHealth(ObjectNode health) {
    health.put("ok", failingSince == null);
    if (failingSince != null) {
      health.put("failing_since", failingSince.toString()).put("error", error);
    }
    health.put("facts", facts).put("repaired", repaired).put("lag_ms", lag.toMillis());
    if (lastFact != null) {
      health.put("last_fact", lastFact.toString());
    }
  }
}

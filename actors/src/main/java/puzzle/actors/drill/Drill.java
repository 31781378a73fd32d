package puzzle.actors.drill;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One drill: the search once undisturbed, then again and again with kills until there were as many
 * as asked for. Which stage, which kind of node and how long into the stage is drawn from the seed.
 * Between two kills everything must be up again, and what was lost redone: one fault at a time, or
 * all nodes at once.
 */
final class Drill {

  private static final int MOST_RUNS_WITHOUT_A_KILL = 5;
  private static final int MOST_KILLS_A_RUN = 3;
  private static final int MOST_DOWN_MILLIS = 5000;

  private final DrillRuns trials;
  private final Site site;
  private final SplittableRandom random;
  private final Consumer<String> tell;
  private final List<Kill> kills = new ArrayList<>();
  private final List<Kill.Kind> kinds = new ArrayList<>();
  private final List<String> stages = new ArrayList<>();
  private final Victims victims;
  private double undisturbedSeconds;

  Drill(SmallSearch search, Site site, long seed, Victims victims, Consumer<String> tell) {
    this.victims = victims;
    this.trials = new DrillRuns(search, site);
    this.site = site;
    this.random = new SplittableRandom(seed);
    this.tell = tell;
  }

  Findings run(int count) throws IOException, InterruptedException {
    tell.accept("the search undisturbed");
    undisturbedSeconds = trials.undisturbed().toMillis() / 1e3;
    tell.accept("undisturbed in %.1f s".formatted(undisturbedSeconds));
    int idle = 0;
    for (int n = 1; kills.size() < count; n++) {
      int before = kills.size();
      disturbed("drill-" + n, Math.min(count - kills.size(), 1 + random.nextInt(MOST_KILLS_A_RUN)));
      idle = kills.size() == before ? idle + 1 : 0;
      if (idle > MOST_RUNS_WITHOUT_A_KILL) {
        throw new IOException(
            "%d runs ended before anything was killed.\nMaybe their nodes' logs are not written."
                .formatted(idle));
      }
    }
    return findings();
  }

  private void disturbed(String run, int most) throws IOException, InterruptedException {
    List<Integer> when = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      when.add(DrillRuns.STAGES.indexOf(nextStage()));
    }
    when.sort(null);
    trials.begin(run);
    for (int at : when) {
      String stage = DrillRuns.STAGES.get(at);
      long delay = random.nextInt(longestDelay(stage));
      Kill.Kind kind = nextKind();
      trials.until(run, () -> trials.reached(run, stage) || site.ended(run));
      TimeUnit.MILLISECONDS.sleep(delay);
      if (site.ended(run)) {
        break;
      }
      kill(run, kind);
      trials.until(run, () -> (site.whole() && redone()) || site.ended(run));
    }
    List<String> wrong = trials.finish(run);
    tell.accept(
        "%s: %s after %d kills, %.1f s"
            .formatted(
                run,
                wrong.isEmpty() ? "equal" : "WRONG: " + wrong,
                kills.stream().filter(k -> k.run().equals(run)).count(),
                trials.age(run).toMillis() / 1e3));
  }

  private void kill(String run, Kill.Kind kind) throws IOException, InterruptedException {
    trials.look();
    List<NodeProcess> victims = victims(run, kind);
    String stage = trials.stage(run);
    Instant at = Instant.now();
    for (NodeProcess victim : victims) {
      victim.kill();
    }
    Kill kill = new Kill(run, kind, stage, at, victims.stream().map(NodeProcess::name).toList());
    kills.add(kill);
    tell.accept(
        "kill %d, %s in %s: %s"
            .formatted(kills.size(), kind.name().toLowerCase(Locale.ROOT), stage, kill.nodes()));
    if (kind == Kill.Kind.JOURNAL) {
      site.killJournal(random.nextInt(MOST_DOWN_MILLIS));
    } else {
      TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(1500));
      site.restart(victims);
    }
  }

  private List<NodeProcess> victims(String run, Kill.Kind kind) {
    List<NodeProcess> all = site.nodes();
    if (kind == Kill.Kind.JOURNAL) {
      return List.of();
    }
    if (kind == Kill.Kind.ALL || all.size() == 1) {
      return all;
    }
    String coordinator = trials.chronicles().last("pool", null);
    if (kind == Kill.Kind.COORDINATOR) {
      return all.stream().filter(n -> n.name().equals(coordinator)).toList();
    }
    List<NodeProcess> others = all.stream().filter(n -> !n.name().equals(coordinator)).toList();
    String busy =
        trials
            .chronicles()
            .of(run)
            .filter(l -> l.verb().equals("begun") && !l.node().equals(coordinator))
            .reduce((a, b) -> b)
            .map(Chronicles.Line::node)
            .orElse("");
    return List.of(
        others.stream()
            .filter(n -> n.name().equals(busy))
            .findFirst()
            .orElse(others.get(random.nextInt(others.size()))));
  }

  /** Each kind of node comes up as often as the others. */
  private Kill.Kind nextKind() {
    if (victims == Victims.journal) {
      return Kill.Kind.JOURNAL;
    }
    if (victims == Victims.all || site.nodes().size() == 1) {
      return Kill.Kind.ALL;
    }
    if (kinds.isEmpty()) {
      kinds.addAll(List.of(Kill.Kind.WORKER, Kill.Kind.COORDINATOR, Kill.Kind.ALL));
    }
    return kinds.remove(random.nextInt(kinds.size()));
  }

  /** Each stage comes up as often as the others. */
  private String nextStage() {
    if (stages.isEmpty()) {
      stages.addAll(DrillRuns.STAGES);
    }
    return stages.remove(random.nextInt(stages.size()));
  }

  /** About as long as the stage takes, in milliseconds; a run ends with the last one. */
  private static int longestDelay(String stage) {
    return switch (stage) {
      case "bld", "score", "gkd" -> 2500;
      case "export" -> 20;
      default -> 300;
    };
  }

  /** Something has been done for the run since the last kill. */
  private boolean redone() {
    Kill last = kills.get(kills.size() - 1);
    return trials.goesOn(last.run(), last.at());
  }

  private Findings findings() {
    Recovery recovery = new Recovery(trials.chronicles().lines());
    List<Duration> redo = new ArrayList<>();
    List<Duration> back = new ArrayList<>();
    Map<String, Integer> byStage = new TreeMap<>();
    Map<String, Integer> byKind = new TreeMap<>();
    for (Kill kill : kills) {
      redo.addAll(recovery.redone(kill));
      Optional<Duration> solver = recovery.back(kill);
      solver.ifPresent(back::add);
      byStage.merge(kill.stage(), 1, Integer::sum);
      byKind.merge(kill.kind().name().toLowerCase(Locale.ROOT), 1, Integer::sum);
    }
    return new Findings(
        kills.size(),
        trials.wrong().stream().noneMatch(w -> w.contains("differs")),
        trials.lost(),
        trials.doubled(),
        Percentiles.of(redo),
        Percentiles.of(back),
        redo.size(),
        back.size(),
        byStage,
        byKind,
        undisturbedSeconds,
        trials.wrong());
  }
}

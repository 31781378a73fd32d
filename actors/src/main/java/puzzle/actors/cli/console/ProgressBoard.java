package puzzle.actors.cli.console;

import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import puzzle.model.Incumbent;
import puzzle.model.Phase;
import puzzle.model.RunId;
import puzzle.model.Workload;
import puzzle.protocol.Feed;

/**
 * What is shown of a run in progress: per phase how far it is, how fast, and how long it will take
 * at that rate; and the best architecture so far. Told facts by one thread, read by another.
 */
public final class ProgressBoard {

  /** One phase as it is now. */
  private static final class Bar {
    private long done;
    private long total;

    /** What the tasks that run now have done, in tasks. */
    private double underWay;

    private double firstDone;
    private long firstAt;
    private long lastAt;
  }

  private final RunId run;
  private final Workload workload;
  private final LongSupplier nanos;
  private final Map<Phase, Bar> bars = new EnumMap<>(Phase.class);
  private final Map<Integer, Feed.LayerAdvanced> layers = new TreeMap<>();
  private final Map<String, Feed.Progressed> running = new LinkedHashMap<>();
  private Phase phase = Phase.RECORD;
  private Incumbent incumbent;
  private String news = "";

  public ProgressBoard(RunId run, Workload workload, LongSupplier nanos) {
    this.run = run;
    this.workload = workload;
    this.nanos = nanos;
  }

  public synchronized void on(Feed.Fact fact) {
    if (!fact.run().equals(run)) {
      return;
    }
    if (fact instanceof Feed.PhaseAdvanced f) {
      phase = f.phase();
      completeBefore(phase);
      if (f.phase() != Phase.LIBRARY && f.phase() != Phase.SCORE && f.phase() != Phase.GKD) {
        advance(f.phase(), f.done(), f.total());
        // A device that has finished its task says so no more.
        running.values().removeIf(r -> r.done() >= r.total() && phaseOf(r) == f.phase());
        underWay(f.phase());
      }
    } else if (fact instanceof Feed.LayerAdvanced f) {
      layers.put(f.layer(), f);
      advance(
          Phase.LIBRARY,
          layers.values().stream().mapToInt(Feed.LayerAdvanced::distilled).sum(),
          layers.values().stream().mapToInt(Feed.LayerAdvanced::toTrain).sum());
      advance(
          Phase.SCORE,
          layers.values().stream().mapToInt(Feed.LayerAdvanced::scored).sum(),
          layers.values().stream().mapToInt(Feed.LayerAdvanced::toScore).sum());
    } else if (fact instanceof Feed.IncumbentChanged f) {
      incumbent = f.incumbent();
      news = "best architecture: " + best();
    } else if (fact instanceof Feed.AttemptFailed f) {
      news =
          (f.retried() ? "failed, will be tried again: " : "given up: ")
              + f.failure().message().lines().limit(2).collect(Collectors.joining(" "));
    } else if (fact instanceof Feed.Progressed f) {
      running.put(f.device().name(), f);
      if (f.key().startsWith("gkd/")) {
        advance(Phase.GKD, f.done(), f.total());
      }
      underWay(phaseOf(f));
    }
  }

  RunId run() {
    return run;
  }

  /** Something worth a line of its own since the last call, or empty. */
  synchronized String news() {
    String latest = news;
    news = "";
    return latest;
  }

  synchronized Phase phase() {
    return phase;
  }

  /** A bar per phase that has begun, the devices, the best architecture: for a terminal. */
  synchronized String picture(int width) {
    StringBuilder text = new StringBuilder();
    bars.forEach(
        (p, bar) -> {
          int cells = Math.max(10, Math.min(30, width - 50));
          int full =
              bar.total == 0 ? 0 : (int) Math.min(cells, Math.max(0, cells * bar.done / bar.total));
          text.append(
              "%-9s [%s%s] %s%n"
                  .formatted(p.label(), "#".repeat(full), " ".repeat(cells - full), tally(bar)));
        });
    running.forEach(
        (device, p) ->
            text.append(
                "%-9s %s %d/%d%s%n"
                    .formatted(
                        device.substring(device.lastIndexOf('/') + 1),
                        p.key(),
                        p.done(),
                        p.total(),
                        Double.isNaN(p.loss())
                            ? ""
                            : String.format(Locale.ROOT, ", loss %.4g", p.loss()))));
    if (incumbent != null) {
      text.append("best      ").append(best()).append(System.lineSeparator());
    }
    return text.toString();
  }

  /** The current phase in one line: for a log. */
  synchronized String line() {
    Bar bld = bars.get(Phase.LIBRARY);
    Bar score = bars.get(Phase.SCORE);
    if (phase == Phase.LIBRARY && bld != null) {
      return "library " + tally(bld) + "; score " + tally(score);
    }
    Bar bar = bars.get(phase);
    return phase.label() + (bar == null ? "" : " " + tally(bar));
  }

  private String best() {
    double speed = workload.generatedTokens() / incumbent.cost().runtimeSeconds(workload);
    double parent = workload.generatedTokens() / incumbent.parentCost().runtimeSeconds(workload);
    return String.format(
        Locale.ROOT,
        "KL %.4f, %,.0f tokens/s (%.2f x parent), %s; %s",
        incumbent.objective(),
        speed,
        speed / parent,
        incumbent.proven() ? "proven" : "bound %.4f".formatted(incumbent.bound()),
        incumbent.cause());
  }

  /** What came before a phase is over, even if its last fact was missed. */
  private void completeBefore(Phase now) {
    for (Phase p : List.of(Phase.RECORD, Phase.PROFILE)) {
      Bar bar = bars.get(p);
      if (bar != null && p.compareTo(now) < 0) {
        bar.done = bar.total;
      }
    }
  }

  private void advance(Phase p, long done, long total) {
    long now = nanos.getAsLong();
    Bar bar =
        bars.computeIfAbsent(
            p,
            x -> {
              Bar b = new Bar();
              b.firstAt = now;
              b.firstDone = done;
              return b;
            });
    if (bar.done != done) {
      bar.lastAt = now;
    }
    bar.done = done;
    bar.total = Math.max(total, done);
  }

  /** The phase whose tasks are counted one by one that a running one is of, or null. */
  private static Phase phaseOf(Feed.Progressed task) {
    return switch (task.key().replaceAll("/.*", "")) {
      case "record" -> Phase.RECORD;
      case "evaluate" -> Phase.EVALUATE;
      case "export" -> Phase.EXPORT;
      default -> null;
    };
  }

  private void underWay(Phase of) {
    Bar bar = of == phase ? bars.get(of) : null;
    if (bar != null) {
      bar.underWay =
          running.values().stream()
              .filter(r -> phaseOf(r) == of && r.total() > 0)
              .mapToDouble(r -> (double) r.done() / r.total())
              .sum();
      bar.lastAt = nanos.getAsLong();
    }
  }

  private String tally(Bar bar) {
    if (bar == null) {
      return "";
    }
    double done = Math.min(bar.total, bar.done + bar.underWay);
    String text =
        (bar.underWay > 0 ? String.format(Locale.ROOT, "%.2f", done) : "" + bar.done)
            + "/"
            + bar.total;
    double seconds = (bar.lastAt - bar.firstAt) / 1e9;
    double made = done - bar.firstDone;
    if (made > 0 && seconds > 0.5 && done < bar.total) {
      double rate = made / seconds;
      text +=
          String.format(
              Locale.ROOT,
              rate < 0.1 ? ", %.1f/min, ETA %s" : ", %.1f/s, ETA %s",
              rate < 0.1 ? 60 * rate : rate,
              clock((bar.total - done) / rate));
    }
    return text;
  }

  /** {@code 1:05}. */
  public static String clock(double seconds) {
    Duration d = Duration.ofSeconds(Math.round(seconds));
    return d.toHours() > 0
        ? "%d:%02d:%02d".formatted(d.toHours(), d.toMinutesPart(), d.toSecondsPart())
        : "%d:%02d".formatted(d.toMinutes(), d.toSecondsPart());
  }
}

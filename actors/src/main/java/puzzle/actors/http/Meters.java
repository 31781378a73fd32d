package puzzle.actors.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import puzzle.protocol.Feed;

/**
 * What a node counts and times, for Prometheus. Facts of runs are those published anywhere in the
 * cluster, so every edge node shows the same; a counter starts at 0 with the node.
 */
public final class Meters {

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicInteger readers = new AtomicInteger();
  private final Timer lag;
  private final Map<String, AtomicReference<Double>> gauges = new ConcurrentHashMap<>();
  private final Map<String, Feed.LayerAdvanced> layers = new ConcurrentHashMap<>();

  public Meters() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    Gauge.builder("puzzle.http.readers", readers, AtomicInteger::get)
        .description("followers of events connected to this node")
        .register(registry);
    this.lag =
        Timer.builder("puzzle.feed.lag")
            .description("from a fact's being written to its being read by this node's tail")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofSeconds(30))
            .register(registry);
  }

  String scrape() {
    return registry.scrape();
  }

  AtomicInteger readers() {
    return readers;
  }

  void request(String route, int status, Duration took) {
    Timer.builder("puzzle.http.requests")
        .description("requests answered, until the response began")
        .tags("route", route, "status", Integer.toString(status))
        .register(registry)
        .record(took);
  }

  void dropped() {
    Counter.builder("puzzle.http.readers.dropped")
        .description("followers that took nothing for too long or fell too far behind")
        .register(registry)
        .increment();
  }

  void delivered(String outcome) {
    Counter.builder("puzzle.deliveries")
        .description("results that other systems delivered")
        .tag("outcome", outcome)
        .register(registry)
        .increment();
  }

  /** How old a fact was when it was read. */
  public void lag(Duration age) {
    lag.record(age.isNegative() ? Duration.ZERO : age);
  }

  /** Folds what is published about runs. */
  public void on(Feed.Fact fact) {
    String run = fact.run().value();
    if (fact instanceof Feed.LayerAdvanced f) {
      layers.put(run + "/" + f.layer(), f);
      set("puzzle.variants.distilled", "trained variants", run, sum(run, "distilled"));
      set("puzzle.variants.wanted", "variants to train", run, sum(run, "toTrain"));
      set("puzzle.blocks.scored", "measured blocks", run, sum(run, "scored"));
      set("puzzle.blocks.wanted", "blocks to measure", run, sum(run, "toScore"));
      set("puzzle.tasks.quarantined", "tasks of layers given up", run, sum(run, "quarantined"));
    } else if (fact instanceof Feed.AttemptFailed f) {
      Counter.builder("puzzle.attempts.failed")
          .description("attempts that gave no result")
          .tags(
              Tags.of(
                  "run", run,
                  "kind", f.failure().kind().name().toLowerCase(Locale.ROOT),
                  "retried", Boolean.toString(f.retried())))
          .register(registry)
          .increment();
    } else if (fact instanceof Feed.IncumbentChanged f) {
      set("puzzle.incumbent.objective", "sum of scores", run, f.incumbent().objective());
      set("puzzle.incumbent.bound", "proven lower bound", run, f.incumbent().bound());
      DistributionSummary.builder("puzzle.incumbents")
          .description("gap between objective and bound of each incumbent")
          .tag("run", run)
          .register(registry)
          .record(Math.max(0, f.incumbent().objective() - f.incumbent().bound()));
    } else if (fact instanceof Feed.PhaseAdvanced f) {
      set("puzzle.phase", "phase of the run, 0 is record", run, f.phase().ordinal());
    } else if (fact instanceof Feed.Ended f) {
      set("puzzle.outcome", "how the run ended, 0 is done", run, f.outcome().kind().ordinal());
    }
  }

  private double sum(String run, String what) {
    double sum = 0;
    for (Map.Entry<String, Feed.LayerAdvanced> e : layers.entrySet()) {
      if (e.getKey().startsWith(run + "/")) {
        Feed.LayerAdvanced f = e.getValue();
        sum +=
            switch (what) {
              case "distilled" -> f.distilled();
              case "toTrain" -> f.toTrain();
              case "scored" -> f.scored();
              case "toScore" -> f.toScore();
              default -> f.quarantined();
            };
      }
    }
    return sum;
  }

  private void set(String name, String description, String run, double value) {
    gauges
        .computeIfAbsent(
            name + "|" + run,
            key -> {
              AtomicReference<Double> holder = new AtomicReference<>(value);
              Gauge.builder(name, holder, AtomicReference::get)
                  .description(description)
                  .tag("run", run)
                  .register(registry);
              return holder;
            })
        .set(value);
  }
}

package puzzle.engine.profile.table;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.Estimate.Kind;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.ThroughputModel;
import puzzle.model.BlockCost;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * A cost table in front of another profile.
 *
 * <p>A variant that the table times at the workload is answered from it: the median over layers,
 * with half their relative spread as uncertainty. Between two tabulated batches of the same lengths
 * and types times are interpolated in the logarithms of both. Everything else, and memory the table
 * does not give, comes from the profile behind; times from behind are flagged, since a table and a
 * model do not mix silently. A whole-workload runtime without its parts is split as behind.
 */
public final class CostTableProfile implements HardwareProfile {

  private record Times(
      double prefill, double decode, double uncertainty, Kind kind, Set<String> sources) {}

  private final HardwareProfile behind;
  private final Map<String, Map<Workload, Map<CostStat, List<CostRow>>>> rows = new HashMap<>();

  public CostTableProfile(CostTable table, HardwareProfile behind) {
    this.behind = behind;
    for (CostRow row : table.rows()) {
      rows.computeIfAbsent(row.what(), k -> new HashMap<>())
          .computeIfAbsent(row.workload(), k -> new HashMap<>())
          .computeIfAbsent(row.metric(), k -> new ArrayList<>())
          .add(row);
    }
  }

  @Override
  public String name() {
    return behind.name();
  }

  @Override
  public Hardware hardware() {
    return behind.hardware();
  }

  @Override
  public double throughputUncertainty(DecoderConfig model, Workload workload) {
    return behind.throughputUncertainty(model, workload);
  }

  @Override
  public Estimate cost(DecoderConfig model, Variant variant, Workload workload) {
    Estimate other = behind.cost(model, variant, workload);
    return variant.isNoOp()
        ? other
        : answer(variant.name(), workload, other, w -> behind.cost(model, variant, w));
  }

  @Override
  public Estimate fixed(DecoderConfig model, Workload workload) {
    Estimate other = behind.fixed(model, workload);
    return answer(CostRow.FIXED, workload, other, w -> behind.fixed(model, w));
  }

  private Estimate answer(
      String what, Workload workload, Estimate other, Function<Workload, Estimate> model) {
    Map<Workload, Map<CostStat, List<CostRow>>> known = rows.getOrDefault(what, Map.of());
    Times times = times(known.get(workload), workload, other);
    if (times == null) {
      times = between(known, workload, model);
    }
    if (times == null) {
      List<String> notes = new ArrayList<>(other.notes());
      notes.add("the cost table has no time of " + what + " at " + WorkloadName.of(workload));
      return new Estimate(other.cost(), other.uncertainty(), other.kind(), other.source(), notes);
    }
    Map<CostStat, List<CostRow>> exact = known.getOrDefault(workload, Map.of());
    BlockCost cost =
        new BlockCost(
            times.prefill(),
            times.decode(),
            bytes(exact, CostStat.WEIGHT_MEMORY, other.cost().weightBytes()),
            bytes(exact, CostStat.KV_MEMORY, other.cost().kvBytes()),
            bytes(exact, CostStat.PARAMS, other.cost().params()));
    return new Estimate(
        cost, times.uncertainty(), times.kind(), String.join("; ", times.sources()), List.of());
  }

  private static Times times(
      Map<CostStat, List<CostRow>> metrics, Workload workload, Estimate other) {
    if (metrics == null) {
      return null;
    }
    List<CostRow> prefill = metrics.get(CostStat.PREFILL_TIME);
    List<CostRow> decode = metrics.get(CostStat.DECODE_TIME);
    if (prefill != null && decode != null) {
      return new Times(
          median(prefill),
          median(decode),
          Math.max(spread(prefill, other), spread(decode, other)),
          kind(prefill, decode),
          sources(prefill, decode));
    }
    List<CostRow> whole = metrics.get(CostStat.RUNTIME);
    double there = other.cost().runtimeSeconds(workload);
    if (whole == null || there == 0) {
      return null;
    }
    double factor = median(whole) / there;
    return new Times(
        factor * other.cost().prefillSeconds(),
        factor * other.cost().decodeSeconds(),
        spread(whole, other),
        kind(whole, whole),
        sources(whole, whole));
  }

  /** Log-log in the batch between the nearest tabulated ones. */
  private Times between(
      Map<Workload, Map<CostStat, List<CostRow>>> known,
      Workload workload,
      Function<Workload, Estimate> model) {
    NavigableMap<Integer, Times> byBatch = new TreeMap<>();
    known.forEach(
        (w, metrics) -> {
          if (ThroughputModel.withBatch(w, workload.batch()).equals(workload)) {
            Times there = times(metrics, w, model.apply(w));
            if (there != null) {
              byBatch.put(w.batch(), there);
            }
          }
        });
    Map.Entry<Integer, Times> low = byBatch.floorEntry(workload.batch());
    Map.Entry<Integer, Times> high = byBatch.ceilingEntry(workload.batch());
    if (low == null || high == null) {
      return null;
    }
    double share =
        Math.log((double) workload.batch() / low.getKey())
            / Math.log((double) high.getKey() / low.getKey());
    Times a = low.getValue();
    Times b = high.getValue();
    Set<String> sources = new LinkedHashSet<>(a.sources());
    sources.addAll(b.sources());
    return new Times(
        interpolate(a.prefill(), b.prefill(), share),
        interpolate(a.decode(), b.decode(), share),
        Math.max(a.uncertainty(), b.uncertainty()),
        Kind.TABLE,
        sources);
  }

  private static double interpolate(double low, double high, double share) {
    return low > 0 && high > 0 ? low * Math.pow(high / low, share) : low + share * (high - low);
  }

  private static long bytes(Map<CostStat, List<CostRow>> metrics, CostStat metric, long other) {
    List<CostRow> values = metrics.get(metric);
    return values == null ? other : Math.round(median(values));
  }

  private static double median(List<CostRow> values) {
    List<Double> sorted = new ArrayList<>(values.stream().map(CostRow::value).toList());
    Collections.sort(sorted);
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** One layer says nothing about its own error: then as uncertain as the profile behind. */
  private static double spread(List<CostRow> values, Estimate other) {
    double middle = median(values);
    if (values.size() < 2 || middle == 0) {
      return other.uncertainty();
    }
    double low = values.stream().mapToDouble(CostRow::value).min().orElseThrow();
    double high = values.stream().mapToDouble(CostRow::value).max().orElseThrow();
    return (high - low) / 2 / middle;
  }

  private static Kind kind(List<CostRow> a, List<CostRow> b) {
    boolean measured =
        a.stream().allMatch(CostRow::measured) && b.stream().allMatch(CostRow::measured);
    return measured ? Kind.MEASURED : Kind.TABLE;
  }

  private static Set<String> sources(List<CostRow> a, List<CostRow> b) {
    Set<String> sources = new LinkedHashSet<>();
    a.forEach(row -> sources.add(row.source().replaceFirst(" at /.*$", "")));
    b.forEach(row -> sources.add(row.source().replaceFirst(" at /.*$", "")));
    return sources;
  }
}

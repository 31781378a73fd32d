package puzzle.engine.profile.table;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoublePredicate;
import puzzle.model.InvalidInputException;

/**
 * What a cost row measures, with its dimension. Values are kept in seconds, bytes, counts, nats.
 */
public enum CostStat {
  /** The whole batch's prompt. */
  PREFILL_TIME(Unit.TIME),
  /** One generated token for the whole batch. */
  DECODE_TIME(Unit.TIME),
  /** The whole workload: prompt and every generated token. */
  RUNTIME(Unit.TIME),
  /** Parameters as served. */
  WEIGHT_MEMORY(Unit.MEMORY),
  /** KV cache of the whole batch. */
  KV_MEMORY(Unit.MEMORY),
  /** Parameters and KV cache together. */
  MEMORY(Unit.MEMORY),
  /** Number of parameters. */
  PARAMS(Unit.COUNT),
  /** Replace-one-block score: KL divergence from the parent. */
  KL_DIV(Unit.NAT),
  /** Replace-one-block score: loss of the modified model. */
  LM_LOSS(Unit.NAT);

  private static final double LARGEST = 1e18;

  private enum Unit {
    TIME("s", 1, "ms", 1e-3, "us", 1e-6),
    MEMORY("B", 1, "kB", 1e3, "MB", 1e6, "GB", 1e9, "KiB", 1024, "MiB", 1 << 20, "GiB", 1 << 30),
    COUNT("count", 1),
    NAT("nat", 1);

    private final Map<String, Double> factors = new LinkedHashMap<>();

    Unit(Object... namesAndFactors) {
      for (int i = 0; i < namesAndFactors.length; i += 2) {
        factors.put((String) namesAndFactors[i], ((Number) namesAndFactors[i + 1]).doubleValue());
      }
    }
  }

  private final Unit unit;

  CostStat(Unit unit) {
    this.unit = unit;
  }

  /** {@code prefill_time}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The unit values are kept in. */
  public String unitText() {
    return unit.factors.keySet().iterator().next();
  }

  static CostStat parse(String text, String place) {
    return Arrays.stream(values())
        .filter(m -> m.text().equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "%s: metric '%s' is not known.%nMaybe one of %s."
                        .formatted(
                            place, text, Arrays.stream(values()).map(CostStat::text).toList())));
  }

  /**
   * A value in this metric's own unit.
   *
   * @throws InvalidInputException for a unit of another dimension, a missing unit, a value that is
   *     negative or not finite
   */
  double toOwnUnit(double value, String unitName, String place) {
    Double factor = unit.factors.get(unitName);
    if (factor == null) {
      throw new InvalidInputException(
          "%s: %s in '%s'.%nMaybe one of %s."
              .formatted(place, text(), unitName, unit.factors.keySet()));
    }
    DoublePredicate sane = v -> v >= 0 && v < LARGEST;
    if (!sane.test(value) || !sane.test(value * factor)) {
      throw new InvalidInputException(
          "%s: %s of %s %s.%nMaybe the measurement failed; it must be finite and not negative."
              .formatted(place, text(), value, unitName));
    }
    return value * factor;
  }
}

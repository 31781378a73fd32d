package puzzle.engine.plan;

import java.util.Locale;

/** Bytes as people read them, and as a run file takes them. */
final class Sizes {

  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB"};

  private Sizes() {}

  static String of(double bytes) {
    int unit = unit(bytes);
    return String.format(
        Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", scaled(bytes, unit), UNITS[unit]);
  }

  /** In whole units, rounded up. */
  static String atLeast(double bytes) {
    int unit = unit(bytes);
    return String.format(Locale.ROOT, "%.0f %s", Math.ceil(scaled(bytes, unit)), UNITS[unit]);
  }

  /** In whole units, rounded down. */
  static String atMost(double bytes) {
    int unit = unit(bytes);
    return String.format(Locale.ROOT, "%.0f %s", Math.floor(scaled(bytes, unit)), UNITS[unit]);
  }

  /** Such that whole units are fine enough: at least ten of them. */
  private static int unit(double bytes) {
    int unit = 0;
    while (unit < UNITS.length - 1 && scaled(bytes, unit + 1) >= 10) {
      unit++;
    }
    return unit;
  }

  private static double scaled(double bytes, int unit) {
    return bytes / Math.pow(1000, unit);
  }
}

package puzzle.engine.profile.hopper;

import puzzle.engine.profile.Estimate.Kind;

/**
 * Time of one kernel.
 *
 * @param uncertainty relative half width of the 90 % interval
 * @param note why it was extrapolated, or null
 */
record KernelTime(double seconds, double uncertainty, Kind kind, String note) {

  KernelTime times(double factor) {
    return new KernelTime(seconds * factor, uncertainty, kind, note);
  }

  KernelTime withSeconds(double other) {
    return new KernelTime(other, uncertainty, kind, note);
  }

  KernelTime flagged(double moreUncertainty, String why) {
    return new KernelTime(
        seconds, uncertainty + moreUncertainty, kind, note == null ? why : why + "; " + note);
  }
}

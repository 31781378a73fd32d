package puzzle.engine.profile.table;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Workload;

/**
 * A workload in one word: {@code b32-p128-g32-wfp8-kvfp8-tp1}. All six parts are needed: a runtime
 * of unknown type or parallelism is a wrong runtime.
 */
final class WorkloadName {

  private static final Pattern FORM =
      Pattern.compile(
          "b(\\d{1,7})-p(\\d{1,7})-g(\\d{1,7})-w([a-z0-9]+)-kv([a-z0-9]+)-tp(\\d{1,3})");

  private WorkloadName() {}

  static String of(Workload w) {
    return "%s-w%s-kv%s-tp%d"
        .formatted(
            w.name(),
            w.weights().name().toLowerCase(Locale.ROOT),
            w.kvCache().name().toLowerCase(Locale.ROOT),
            w.tensorParallel());
  }

  static Workload parse(String text, String place) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      throw new InvalidInputException(
          "%s: workload '%s' is not complete.%nMaybe b32-p128-g32-wfp8-kvfp8-tp1: batch, prefill, generated, weight and KV types, devices."
              .formatted(place, text));
    }
    try {
      return new Workload(
          Integer.parseInt(m.group(1)),
          Integer.parseInt(m.group(2)),
          Integer.parseInt(m.group(3)),
          type(m.group(4), place),
          type(m.group(5), place),
          Integer.parseInt(m.group(6)));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(place + ": " + e.getMessage() + "\nMaybe a part is zero.", e);
    }
  }

  /** The type a name of another tool stands for. */
  static DType type(String text, String place) {
    return switch (text.toLowerCase(Locale.ROOT).replace("torch.", "")) {
      case "fp8", "float8", "float8_e4m3fn" -> DType.FP8;
      case "bf16", "bfloat16" -> DType.BF16;
      case "fp16", "float16", "half" -> DType.FP16;
      case "fp32", "float32" -> DType.FP32;
      default ->
          throw new InvalidInputException(
              "%s: type '%s' is not known.%nMaybe fp8, bf16, fp16 or fp32.".formatted(place, text));
    };
  }
}

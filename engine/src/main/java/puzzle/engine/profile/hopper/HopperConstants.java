package puzzle.engine.profile.hopper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.hopper.FittedKernel.Band;

/**
 * Every fitted kernel of one machine, with where the constants come from. Shipped as a JSON
 * resource per machine, written by {@code puzzle profile fit}.
 *
 * @param source the tables the constants were fitted to
 */
public record HopperConstants(Hardware hardware, String source, Map<String, FittedKernel> kernels) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Digits kept in the file: far finer than any constant is known. */
  private static final MathContext DIGITS = new MathContext(5);

  public HopperConstants {
    kernels = Map.copyOf(kernels);
  }

  /**
   * How good the fit of a kernel, or of a family of them, is.
   *
   * @param error geometric-mean error over the rows fitted on, relative
   * @param heldOutError the same over rows held out, 5-fold
   * @param coverage share of held-out rows inside intervals that did not see them
   */
  public record Summary(int rows, double error, double heldOutError, double coverage) {}

  /** Over all kernels whose name starts so. */
  public Summary summary(String prefix) {
    return summary(name -> name.startsWith(prefix));
  }

  /** Of one kernel. */
  public Summary summaryOf(String kernel) {
    return summary(kernel::equals);
  }

  private Summary summary(Predicate<String> wanted) {
    int rows = 0;
    double error = 0;
    double heldOut = 0;
    double inside = 0;
    for (Map.Entry<String, FittedKernel> entry : kernels.entrySet()) {
      if (wanted.test(entry.getKey())) {
        Summary q = entry.getValue().quality();
        rows += q.rows();
        error += q.rows() * Math.log1p(q.error());
        heldOut += q.rows() * Math.log1p(q.heldOutError());
        inside += q.rows() * q.coverage();
      }
    }
    int n = Math.max(1, rows);
    return new Summary(rows, Math.expm1(error / n), Math.expm1(heldOut / n), inside / n);
  }

  /** The constants shipped for a machine. */
  static HopperConstants shipped(Hardware hardware) {
    String name = "hopper-" + hardware.name() + ".json";
    try (InputStream in = HopperConstants.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks the resource " + name);
      }
      return read(hardware, JSON.readTree(in));
    } catch (IOException e) {
      throw new IllegalStateException("the resource " + name + " is damaged", e);
    }
  }

  static HopperConstants read(Hardware hardware, JsonNode root) {
    Map<String, FittedKernel> kernels = new TreeMap<>();
    root.get("kernels")
        .properties()
        .forEach(
            e -> {
              KernelLaw law = HopperFit.lawOf(hardware, e.getKey());
              kernels.put(e.getKey(), kernel(law, e.getValue()));
            });
    return new HopperConstants(hardware, root.get("source").asText(), kernels);
  }

  private static FittedKernel kernel(KernelLaw law, JsonNode node) {
    JsonNode constants = node.get("constants");
    JsonNode interval = node.get("interval");
    double[][] bands = as(double[][].class, interval.get("upToAndHalfWidth"));
    Band[] list = new Band[bands.length];
    for (int i = 0; i < list.length; i++) {
      boolean last = i == list.length - 1;
      list[i] = new Band(last ? Double.MAX_VALUE : bands[i][0], bands[i][1]);
    }
    return new FittedKernel(
        law,
        law.constants().stream().mapToDouble(name -> constants.get(name).doubleValue()).toArray(),
        new LogSurface(
            as(double[][].class, node.at("/surface/axes")),
            as(double[].class, node.at("/surface/logFactors"))),
        as(double[][].class, node.get("range")),
        interval.get("axis").intValue(),
        list,
        as(Summary.class, node.get("fit")));
  }

  private static <T> T as(Class<T> type, JsonNode node) {
    return JSON.convertValue(node, type);
  }

  /** What {@code read} reads. */
  public String toJson() throws IOException {
    ObjectNode root = JSON.createObjectNode();
    root.put("hardware", hardware.name());
    root.put("source", source);
    root.put(
        "method",
        "per kernel: law fitted by robust least squares of log times, surface by ridge regression"
            + " of what is left; interval: 90 % quantile of 5-fold held-out errors");
    ObjectNode out = root.putObject("kernels");
    BiConsumer<String, FittedKernel> write = (name, kernel) -> write(out.putObject(name), kernel);
    new TreeMap<>(kernels).forEach(write);
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private static void write(ObjectNode node, FittedKernel kernel) {
    ObjectNode fit = node.putObject("fit");
    fit.put("rows", kernel.quality().rows());
    fit.put("error", round(kernel.quality().error()));
    fit.put("heldOutError", round(kernel.quality().heldOutError()));
    fit.put("coverage", round(kernel.quality().coverage()));
    ObjectNode constants = node.putObject("constants");
    for (int i = 0; i < kernel.constants().length; i++) {
      constants.put(kernel.law().constants().get(i), round(kernel.constants()[i]));
    }
    put(node.putArray("range"), kernel.range());
    ObjectNode interval = node.putObject("interval");
    interval.put("axis", kernel.bandAxis());
    ArrayNode bands = interval.putArray("upToAndHalfWidth");
    for (Band band : kernel.bands()) {
      ArrayNode pair = bands.addArray();
      boolean last = band.upTo() == Double.MAX_VALUE;
      pair.add(last ? BigDecimal.ZERO : round(band.upTo()));
      pair.add(round(band.halfWidth()));
    }
    ObjectNode surface = node.putObject("surface");
    put(surface.putArray("axes"), kernel.surface().axes());
    ArrayNode values = surface.putArray("logFactors");
    for (double value : kernel.surface().values()) {
      values.add(BigDecimal.valueOf(Math.round(value * 1e4), 4).stripTrailingZeros());
    }
  }

  private static BigDecimal round(double value) {
    BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
    return rounded.scale() < 0 ? rounded.setScale(0) : rounded;
  }

  private static void put(ArrayNode to, double[][] matrix) {
    for (double[] row : matrix) {
      ArrayNode array = to.addArray();
      for (double value : row) {
        array.add(BigDecimal.valueOf((long) value));
      }
    }
  }
}

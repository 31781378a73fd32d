package puzzle.engine.profile.hopper;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;

/**
 * How kernels behave inside a server, as opposed to alone: fitted to published throughput.
 *
 * @param values in the order of {@link #NAMES}
 * @param uncertainty relative half width of the 90 % interval of a whole model's throughput
 * @param source what the constants were fitted to, with the errors
 */
record ServedConstants(double[] values, double uncertainty, String source) {

  /**
   * In order: factor on a product's time; launch of an fp8 product with its quantisation fused,
   * microseconds; share of the quantisation passes left; factor on prompt attention; share of
   * memory bandwidth a KV cache is read with; launch of an elementwise kernel, microseconds; a
   * server's time per step, microseconds, and per sequence in a step, microseconds; factor on an
   * all-reduce and what it costs on top per doubling of devices, microseconds.
   */
  static final List<String> NAMES =
      List.of(
          "gemmFactor",
          "fp8LaunchMicros",
          "quantiseShare",
          "prefillFactor",
          "cacheBandwidthShare",
          "elementwiseMicros",
          "stepMicros",
          "sequenceMicros",
          "allReduceFactor",
          "allReduceMicros");

  /** Where a fit starts and what it is pulled to: kernels as measured alone. */
  static ServedConstants start() {
    return new ServedConstants(
        new double[] {1, 5, .15, 1, .84, 3, 550, 2.3, 1.3, 10}, 0.2, "not fitted");
  }

  ServedConstants with(double[] others) {
    return new ServedConstants(others.clone(), uncertainty, source);
  }

  double gemmFactor() {
    return values[0];
  }

  double fp8LaunchSeconds() {
    return 1e-6 * values[1];
  }

  double quantiseShare() {
    return values[2];
  }

  double prefillFactor() {
    return values[3];
  }

  double cacheBandwidthShare() {
    return values[4];
  }

  double elementwiseSeconds() {
    return 1e-6 * values[5];
  }

  double stepSeconds() {
    return 1e-6 * values[6];
  }

  double sequenceSeconds() {
    return 1e-6 * values[7];
  }

  double allReduceFactor() {
    return values[8];
  }

  double allReduceSeconds() {
    return 1e-6 * values[9];
  }

  static ServedConstants shipped() {
    String name = "hopper-served.json";
    try (InputStream in = ServedConstants.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the build lacks the resource " + name);
      }
      JsonNode root = new ObjectMapper().readTree(in);
      double[] values =
          NAMES.stream().mapToDouble(n -> root.get("constants").get(n).doubleValue()).toArray();
      return new ServedConstants(
          values, root.get("uncertainty").doubleValue(), root.get("source").asText());
    } catch (IOException e) {
      throw new IllegalStateException("the resource " + name + " is damaged", e);
    }
  }

  String toJson() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    root.put("source", source);
    root.put("uncertainty", round(uncertainty));
    ObjectNode constants = root.putObject("constants");
    for (int i = 0; i < values.length; i++) {
      constants.put(NAMES.get(i), round(values[i]));
    }
    return json.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
  }

  private static BigDecimal round(double value) {
    return new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
  }
}

package puzzle.engine.profile.hopper;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.ThroughputModel;
import puzzle.model.Workload;

/**
 * Fits {@link ServedConstants} to published throughput, kernels fixed.
 *
 * <p>A few dozen rows for ten constants: each constant is pulled to the value it would have if
 * kernels behaved in a server as they do alone, and the interval comes from the harder of two
 * tests, leaving out a fifth of the rows and leaving out a whole deployment (model and degree of
 * parallelism), since what is asked later is usually another deployment.
 */
public record ServedFit(Map<Hardware, HopperProfile> profiles) {

  /**
   * Spread expected of each constant's logarithm, in the order of {@link ServedConstants#NAMES}.
   */
  private static final double[] SPREAD = {.08, .4, 1, .2, .15, .4, .5, .6, .3, .7};

  /** Where {@link RobustFit} takes a row for an outlier. */
  private static final double RESIDUAL = 0.1;

  /** Error expected of a row, from other causes than the constants. */
  private static final double ROW_ERROR = 0.07;

  private static final int FOLDS = 5;

  /** With the shipped kernels of every machine the rows name. */
  public static ServedFit shippedKernels(List<PublishedThroughput> rows) {
    Map<Hardware, HopperProfile> profiles = new LinkedHashMap<>();
    for (PublishedThroughput row : rows) {
      profiles.computeIfAbsent(
          row.hardware(),
          h ->
              new HopperProfile(
                  HopperConstants.shipped(h), new KernelSamples(), ServedConstants.start()));
    }
    return new ServedFit(profiles);
  }

  /**
   * @param error geometric-mean error on all rows
   * @param heldOutError the same, each fifth predicted by a fit on the others
   * @param newDeploymentError the same, each deployment predicted by a fit on the others
   * @param coverage share of held-out rows, five folds, inside the 90 % interval
   * @param json the constants, as the resource the project ships
   */
  public record Result(
      int rows,
      double error,
      double heldOutError,
      double newDeploymentError,
      double uncertainty,
      double coverage,
      String json,
      Map<String, Double> errorByRow) {}

  public Result fit(List<PublishedThroughput> rows, String source) throws IOException {
    double[] best = constants(rows);
    double[] errors = errors(best, rows);
    double[] heldOut = new double[rows.size()];
    double[] newDeployment = new double[rows.size()];
    for (int f = 0; f < FOLDS; f++) {
      int fold = f;
      leaveOut(rows, heldOut, i -> i % FOLDS == fold);
    }
    Map<String, Boolean> deployments = new TreeMap<>();
    rows.forEach(r -> deployments.put(deployment(r), true));
    for (String deployment : deployments.keySet()) {
      leaveOut(rows, newDeployment, i -> deployment(rows.get(i)).equals(deployment));
    }
    double uncertainty = Math.expm1(Math.max(quantile(heldOut), quantile(newDeployment)));
    double inside =
        Arrays.stream(heldOut).filter(e -> Math.abs(e) <= Math.log1p(uncertainty)).count();
    Map<String, Double> byRow = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      byRow.put(name(rows.get(i)), Math.expm1(errors[i]));
    }
    double error = geometricMean(errors);
    double heldOutError = geometricMean(heldOut);
    double deploymentError = geometricMean(newDeployment);
    String provenance =
        String.format(
            Locale.ROOT,
            "%s: %d rows, geometric-mean error %.1f %%, %.1f %% on held-out rows, %.1f %% on"
                + " held-out deployments",
            source,
            rows.size(),
            100 * error,
            100 * heldOutError,
            100 * deploymentError);
    return new Result(
        rows.size(),
        error,
        heldOutError,
        deploymentError,
        uncertainty,
        inside / rows.size(),
        new ServedConstants(best, uncertainty, provenance).toJson(),
        byRow);
  }

  private void leaveOut(List<PublishedThroughput> rows, double[] into, IntPredicate left) {
    List<PublishedThroughput> training = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      if (!left.test(i)) {
        training.add(rows.get(i));
      }
    }
    double[] there = errors(constants(training), rows);
    for (int i = 0; i < rows.size(); i++) {
      if (left.test(i)) {
        into[i] = there[i];
      }
    }
  }

  private double[] constants(List<PublishedThroughput> rows) {
    double[] start = ServedConstants.start().values();
    double[] pull = new double[start.length];
    for (int i = 0; i < pull.length; i++) {
      // In units of the residual at which a row counts as an outlier.
      pull[i] = Math.pow(ROW_ERROR / RESIDUAL / SPREAD[i], 2);
    }
    return RobustFit.fit(start, pull, c -> errors(c, rows));
  }

  /** log(predicted / published). */
  private double[] errors(double[] constants, List<PublishedThroughput> rows) {
    ServedConstants served = ServedConstants.start().with(constants);
    Map<Hardware, HopperProfile> trial = new LinkedHashMap<>();
    profiles.forEach((h, p) -> trial.put(h, p.with(served)));
    double[] out = new double[rows.size()];
    for (int i = 0; i < out.length; i++) {
      PublishedThroughput row = rows.get(i);
      out[i] = Math.log(predict(trial.get(row.hardware()), row) / row.tokensPerSecond());
    }
    return out;
  }

  private static double predict(HopperProfile profile, PublishedThroughput row) {
    int batch =
        Math.max(
            1,
            ThroughputModel.maxBatch(
                profile, row.model(), row.workload(), ThroughputModel.MOST_SEQUENCES));
    Workload workload = ThroughputModel.withBatch(row.workload(), batch);
    return ThroughputModel.tokensPerSecond(profile.total(row.model(), workload), workload);
  }

  private static String deployment(PublishedThroughput row) {
    return row.hardware().name() + " " + row.modelName() + " tp" + row.workload().tensorParallel();
  }

  private static String name(PublishedThroughput row) {
    return "%s %d/%d"
        .formatted(
            deployment(row), row.workload().prefillTokens(), row.workload().generationTokens());
  }

  private static double geometricMean(double[] errors) {
    return Math.expm1(Arrays.stream(errors).map(Math::abs).average().orElse(0));
  }

  private static double quantile(double[] errors) {
    return KernelFit.quantile(Arrays.stream(errors).map(Math::abs).boxed().toList(), 0.9);
  }
}

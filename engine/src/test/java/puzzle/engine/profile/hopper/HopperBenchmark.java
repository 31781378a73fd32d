package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import puzzle.engine.profile.Hardware;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.Workload;

/**
 * The gates of the Hopper model with row counts: fitted again from the tables, five-fold held out,
 * coverage of the 90 % interval, tables interpolated, whole models, and the speed of a profile.
 */
class HopperBenchmark {

  private static final List<String> FAMILIES =
      List.of("gemm/bfloat16", "gemm/fp8", "gemm/fp8_block", "decode/", "prefill/", "all-reduce/");

  @ParameterizedTest
  @ValueSource(strings = {"h100", "h200"})
  void fittedAgainAndHeldOut(String name) {
    Hardware hardware = HardwareProfiles.hardware(name);
    HopperConstants fit = HopperFit.fit(hardware, KernelData.of(name), "benchmark", k -> {});
    say(
        "%nmodel %s            rows   error  held out  ratio  held-out rows in 90 %% interval",
        name);
    for (String family : FAMILIES) {
      HopperConstants.Summary s =
          family.endsWith("/") ? fit.summary(family) : fit.summaryOf(family);
      say(
          "  %-15s %9d %6.2f%% %8.2f%% %6.2f %8.1f%%",
          family,
          s.rows(),
          100 * s.error(),
          100 * s.heldOutError(),
          s.heldOutError() / s.error(),
          100 * s.coverage());
      boolean few = s.rows() < 1000;
      assertTrue(few || s.heldOutError() <= 1.5 * s.error(), family + " held out: " + s);
      assertTrue(s.coverage() >= 0.8 && s.coverage() <= 0.97, family + " coverage: " + s);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"h100", "h200"})
  void tablesInterpolateRowsTheyDoNotHold(String name) {
    KernelSamples samples = KernelData.of(name);
    HopperConstants model = HopperConstants.shipped(HardwareProfiles.hardware(name));
    say("%ntable %s             rows  answered   error   model's  in 90 %% interval", name);
    for (String family : FAMILIES.subList(0, 5)) {
      int rows = 0;
      int answered = 0;
      int inside = 0;
      double error = 0;
      double modelError = 0;
      for (String kernel : samples.kernels()) {
        if (family.endsWith("/") ? kernel.startsWith(family) : kernel.equals(family)) {
          List<KernelSamples.Sample> all = new ArrayList<>(samples.of(kernel));
          Collections.shuffle(all, new Random(5));
          int tenth = all.size() / 10;
          FittedKernel fitted = model.kernels().get(kernel);
          KernelTable table = new KernelTable(fitted, all.subList(tenth, all.size()));
          for (KernelSamples.Sample sample : all.subList(0, tenth)) {
            rows++;
            OptionalDouble there = table.micros(sample.shape());
            if (there.isPresent()) {
              double off = Math.abs(Math.log(there.getAsDouble() / sample.micros()));
              answered++;
              error += off;
              modelError += Math.abs(Math.log(fitted.micros(sample.shape()) / sample.micros()));
              inside += off <= Math.log1p(table.uncertainty()) ? 1 : 0;
            }
          }
        }
      }
      say(
          "  %-15s %9d %9d %6.2f%% %8.2f%% %8.1f%%",
          family,
          rows,
          answered,
          100 * Math.expm1(error / answered),
          100 * Math.expm1(modelError / answered),
          100.0 * inside / answered);
    }
  }

  @Test
  void wholeModels() throws IOException {
    List<PublishedThroughput> rows = PublishedThroughput.read(KernelData.published());
    ServedFit.Result fit = ServedFit.shippedKernels(rows).fit(rows, "benchmark");
    HopperCheck.Result shipped = HopperCheck.throughput(rows);
    say(
        "%nend to end %d rows: error %.2f%%, held out %.2f%%, held-out deployments %.2f%%, 90 %% interval ±%.1f%% holds %.1f%% of held-out rows; shipped constants %.2f%%",
        fit.rows(),
        100 * fit.error(),
        100 * fit.heldOutError(),
        100 * fit.newDeploymentError(),
        100 * fit.uncertainty(),
        100 * fit.coverage(),
        100 * shipped.error());
    assertTrue(fit.error() <= 0.08 && shipped.passes());
    assertTrue(fit.heldOutError() <= 1.5 * fit.error());
    assertTrue(fit.coverage() >= 0.8 && fit.coverage() <= 0.97, "coverage " + fit.coverage());
  }

  @Test
  void aFullProfile() {
    HardwareProfile profile = HardwareProfiles.named("h100");
    List<Workload> workloads = ProfileSpeed.sixWorkloads();
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double first = 0;
    double firstProcessor = 0;
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      long processor = threads.getCurrentThreadCpuTime();
      long start = System.nanoTime();
      ProfileSpeed.blocks(profile, workloads);
      double ms = (System.nanoTime() - start) / 1e6;
      if (i == 0) {
        first = ms;
        firstProcessor = (threads.getCurrentThreadCpuTime() - processor) / 1e6;
      } else if (i >= 20) {
        times.add(ms);
      }
    }
    say(
        "%n54 variants x 6 workloads: first %.1f ms (%.1f ms of processor), then median %.1f ms, 90 %% below %.1f ms",
        first, firstProcessor, KernelFit.quantile(times, 0.5), KernelFit.quantile(times, 0.9));
    assertTrue(KernelFit.quantile(times, 0.5) < 50);
  }

  private static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
  }
}

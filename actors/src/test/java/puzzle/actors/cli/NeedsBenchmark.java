package puzzle.actors.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import puzzle.actors.runfile.RunFile;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.files.Folders;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.plan.Needs;
import puzzle.engine.plan.SearchEstimate;
import puzzle.engine.plan.TimedPasses;
import puzzle.model.Phase;
import puzzle.model.RunSpec;

/**
 * Whether a search takes what was predicted: runs a run file through the launcher on one device and
 * compares memory (pages that no file backs), disk and time with the plan.
 *
 * <pre>NeedsBenchmark LAUNCHER FILE</pre>
 *
 * <p>The store must not be there yet. Phases overlap, so the memory of a phase is the most while
 * the progress names it.
 */
public final class NeedsBenchmark {

  private static final Pattern ANONYMOUS = Pattern.compile("RssAnon:\\s+(\\d+) kB");
  private static final Pattern PROGRESS = Pattern.compile("\\[[0-9:]+] (.*)");
  private static final long SAMPLE_MILLIS = 100;
  private static final int DISK_SAMPLES = 20;

  private volatile String progress = "start";
  private final Map<String, Long> peaks = new LinkedHashMap<>();
  private final Map<String, Double> seconds = new LinkedHashMap<>();
  private long peak;
  private long disk;

  private NeedsBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    Path file = Path.of(arguments[1]);
    RunSpec spec = RunFile.read(file, Path.of(""), NeedsBenchmark::shape).spec();
    DecoderConfig model = HuggingFaceConfig.read(Path.of(spec.parent()));
    NeedsBenchmark measured = new NeedsBenchmark();
    long start = System.nanoTime();
    int code = measured.run(arguments[0], file, Path.of(spec.store()));
    double total = (System.nanoTime() - start) * 1e-9;
    Needs needs = new Needs(spec, model, HostMemory.here(), Needs.likely(spec));
    TimedPasses times =
        new TimedPasses(
            model,
            spec.space(),
            spec.bld().batch(),
            spec.corpus().sequenceTokens(),
            1,
            Monitor.NONE);
    SearchEstimate estimate = new SearchEstimate(spec, model, times, 22);
    double predicted = 0;
    System.out.printf(
        Locale.ROOT,
        "%-10s %14s %14s %12s%n",
        "phase",
        "predicted, GB",
        "measured, GB",
        "predicted, s");
    for (SearchEstimate.Phase phase : estimate.phases()) {
      String label = phase.phase().label();
      predicted += phase.deviceSeconds();
      System.out.printf(
          Locale.ROOT,
          "%-10s %14.2f %14.2f %12.1f%n",
          label,
          needs.memoryBytes(phase.phase(), 1) / 1e9,
          measured.peaks.getOrDefault(label, 0L) / 1e9,
          phase.deviceSeconds());
    }
    Phase largest = needs.largest(1);
    line("memory, GB", needs.memoryBytes(largest, 1) / 1e9, measured.peak / 1e9);
    line("disk, GB", needs.diskBytes() / 1e9, measured.disk / 1e9);
    line("time, s", predicted, total);
    System.out.println(
        "exit code " + code + ", seconds by what was under way: " + measured.seconds);
  }

  private static void line(String what, double predicted, double measured) {
    System.out.printf(
        Locale.ROOT,
        "%-12s predicted %8.2f, measured %8.2f, ratio %.2f%n",
        what,
        predicted,
        measured,
        predicted / measured);
  }

  private static ParentShape shape(Path parent) {
    return ParentShape.of(HuggingFaceConfig.read(parent));
  }

  private int run(String launcher, Path file, Path store) throws Exception {
    Process process =
        new ProcessBuilder(launcher, "run", file.toString(), "--devices", "1", "--no-dashboard")
            .redirectErrorStream(true)
            .start();
    Thread reader = new Thread(() -> read(process));
    reader.start();
    for (int sample = 0; process.isAlive(); sample++) {
      sample(process.pid());
      if (sample % DISK_SAMPLES == 0 && Files.exists(store)) {
        disk = Math.max(disk, Folders.bytes(store));
      }
      Thread.sleep(SAMPLE_MILLIS);
    }
    reader.join();
    disk = Math.max(disk, Folders.bytes(store));
    return process.exitValue();
  }

  private void read(Process process) {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println("  " + line);
        Matcher said = PROGRESS.matcher(line);
        if (said.matches()) {
          progress = said.group(1);
        }
      }
    } catch (IOException e) {
      System.out.println("  " + e);
    }
  }

  private void sample(long pid) throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    Matcher bytes = ANONYMOUS.matcher(Files.exists(status) ? Files.readString(status) : "");
    long now = bytes.find() ? Long.parseLong(bytes.group(1)) * 1024 : 0;
    peak = Math.max(peak, now);
    for (Phase phase : Needs.PHASES) {
      if (progress.contains(phase.label())) {
        peaks.merge(phase.label(), now, Math::max);
        seconds.merge(phase.label(), SAMPLE_MILLIS / 1e3, Double::sum);
      }
    }
  }
}

package puzzle.engine.profile.hopper;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Measured kernels and published throughput: samples, or whole tables by a property. */
final class KernelData {

  private static final Path SAMPLES = Path.of("src/test/resources/hopper");
  private static final Path TABLES =
      Path.of(System.getProperty("hopper.tables", SAMPLES.toString()));
  private static final Map<String, KernelSamples> READ = new ConcurrentHashMap<>();

  private KernelData() {}

  static KernelSamples of(String hardware) {
    return READ.computeIfAbsent(hardware, h -> KernelTableReader.readFolder(TABLES, h));
  }

  static Path published() {
    return SAMPLES.resolve("trtllm-h100-throughput.csv");
  }
}

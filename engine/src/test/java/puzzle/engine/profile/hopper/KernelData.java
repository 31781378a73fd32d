package puzzle.engine.profile.hopper;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The measured tables beside the repository, where they are there. */
final class KernelData {

  private static final Path DATA = Path.of("../../shared/data");
  private static final Map<String, KernelSamples> READ = new ConcurrentHashMap<>();

  private KernelData() {}

  static KernelSamples of(String hardware) {
    Path folder = DATA.resolve("hopper-kernels");
    assumeTrue(Files.isDirectory(folder), "skipped: no kernel tables in " + folder);
    return READ.computeIfAbsent(hardware, h -> KernelTableReader.readFolder(folder, h));
  }

  static Path published() {
    Path file = DATA.resolve("trtllm-h100-throughput.csv");
    assumeTrue(Files.isRegularFile(file), "skipped: no published throughput at " + file);
    return file;
  }
}

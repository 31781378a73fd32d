package puzzle.actors.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import puzzle.engine.safetensors.SafetensorsFile;

/** What others see of a store. */
final class VisibleFiles {

  private VisibleFiles() {}

  /** Weights in the folder that are visible though they are not whole. */
  static List<Path> halves(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(f -> f.toString().endsWith(".safetensors"))
          .filter(f -> !f.getFileName().toString().startsWith("."))
          .filter(VisibleFiles::half)
          .toList();
    }
  }

  private static boolean half(Path file) {
    try {
      SafetensorsFile.open(file);
      return false;
    } catch (RuntimeException e) {
      return true;
    }
  }
}

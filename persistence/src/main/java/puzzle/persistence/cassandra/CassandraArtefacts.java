package puzzle.persistence.cassandra;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/**
 * The jars Cassandra is made of, about a hundred: Maven fetches them once, and what it found is
 * kept in the user's cache.
 */
final class CassandraArtefacts {

  private CassandraArtefacts() {}

  /**
   * Their class path.
   *
   * @throws IOException where Maven is missing or finds no artefacts
   */
  static String classPath() throws IOException {
    Path folder = cache();
    Path kept = folder.resolve("classpath");
    if (Files.exists(kept)) {
      String found = Files.readString(kept).strip();
      if (Stream.of(found.split(File.pathSeparator)).allMatch(jar -> Files.exists(Path.of(jar)))) {
        return found;
      }
    }
    Files.createDirectories(folder);
    Path work = Files.createTempDirectory(folder, "resolve-");
    try {
      try (InputStream pom = CassandraArtefacts.class.getResourceAsStream("/cassandra/pom.xml")) {
        Files.copy(pom, work.resolve("pom.xml"));
      }
      maven(work);
      Files.move(work.resolve("classpath"), kept, StandardCopyOption.REPLACE_EXISTING);
      return Files.readString(kept).strip();
    } finally {
      try (Stream<Path> left = Files.list(work)) {
        for (Path file : left.toList()) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(work);
    }
  }

  private static void maven(Path folder) throws IOException {
    Process maven;
    try {
      maven =
          new ProcessBuilder("mvn", "-q", "-B", "validate")
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      throw new IOException(
          "Cassandra's artefacts: " + e.getMessage() + "\nMaybe Maven is not on the PATH.", e);
    }
    String said = new String(maven.getInputStream().readAllBytes()).strip();
    try {
      if (maven.waitFor() != 0) {
        throw new IOException(
            "Cassandra's artefacts: Maven ended with %d: %s\nMaybe there is no network."
                .formatted(maven.exitValue(), said));
      }
    } catch (InterruptedException e) {
      maven.destroy();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Maven fetched Cassandra", e);
    }
  }

  /** {@code $XDG_CACHE_HOME}, or {@code ~/.cache}. */
  private static Path cache() {
    String given = System.getenv("XDG_CACHE_HOME");
    Path root =
        given == null || given.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(given);
    return root.resolve("puzzle4j").resolve("cassandra-" + LocalCassandra.VERSION);
  }
}

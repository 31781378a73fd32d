package puzzle.engine.files;

import static puzzle.model.InvalidInputException.shown;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import puzzle.model.Sha256;

/** {@code SHA256SUMS} of a folder without subfolders, as {@code sha256sum -c} reads it. */
public final class Checksums {

  public static final String FILE = "SHA256SUMS";
  private static final long MAX_BYTES = 1 << 20;
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *]([^/\\\\\\p{C}]+)");

  private Checksums() {}

  /**
   * The sums of a folder.
   *
   * @param known sums of large files, by name, which are not read again
   */
  public static String of(Path folder, Map<String, String> known) throws IOException {
    StringBuilder sums = new StringBuilder();
    for (String name : names(folder)) {
      String sum = known.get(name);
      sums.append(sum == null ? Sha256.of(folder.resolve(name)) : sum)
          .append("  ")
          .append(name)
          .append('\n');
    }
    return sums.toString();
  }

  /** What does not agree with the sums, one line each. */
  public static List<String> findings(Path folder) {
    List<String> findings = new ArrayList<>();
    Path file = folder.resolve(FILE);
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        return List.of(FILE + " is missing or too large: nothing says that the files are whole");
      }
      Set<String> listed = new HashSet<>();
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      for (String line : text.lines().toList()) {
        Matcher parts = LINE.matcher(line);
        if (!parts.matches() || parts.group(2).startsWith("..")) {
          findings.add(FILE + ": not a checksum and a name: " + shown(line));
          continue;
        }
        String name = parts.group(2);
        listed.add(name);
        Path summed = folder.resolve(name);
        if (!Files.isRegularFile(summed)) {
          findings.add(name + " is missing");
        } else if (!Sha256.of(summed).equals(parts.group(1))) {
          findings.add(name + " is not what " + FILE + " says: damaged or changed");
        }
      }
      for (String name : names(folder)) {
        if (!listed.contains(name)) {
          findings.add(name + " is not in " + FILE);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      findings.add("cannot be read: " + e.getMessage());
    }
    return findings;
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.equals(FILE))
          .sorted()
          .toList();
    }
  }
}

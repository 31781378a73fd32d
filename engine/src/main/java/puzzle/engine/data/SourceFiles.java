package puzzle.engine.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;

/**
 * The files of a source.
 *
 * <p>A folder is read with all below it, in the order of names. In it lie files that belong to a
 * data set and are no text of it: those of {@link #BESIDE} and all whose name starts with a point
 * are passed over, and reported. Any other file that is not of a known {@link Format} is refused:
 * who has one leaves it out with a pattern.
 *
 * @param files with their formats, never empty
 * @param passedOver names of files that were not taken
 */
record SourceFiles(List<TextFile> files, List<String> passedOver) {

  static final String CLASSPATH = "classpath:";

  /** What lies beside the data of data sets, in lower case. */
  private static final Set<String> BESIDE =
      Set.of(
          "readme.md",
          "readme.txt",
          "license",
          "license.txt",
          "license.md",
          "notice",
          "notice.txt",
          "dataset_info.json",
          "dataset_infos.json",
          "state.json",
          "dataset_dict.json",
          "_success",
          "sha256sums",
          "md5sums",
          "citation.cff");

  private static final Set<String> BESIDE_SUFFIXES =
      Set.of(".crc", ".sha256", ".md5", ".lock", ".idx", ".metadata");

  private static final String PATTERN = ".*[*?\\[{].*";

  /**
   * @throws InvalidInputException naming the file that is missing or not of a known format
   */
  static SourceFiles at(String location) {
    if (location.startsWith(CLASSPATH)) {
      if (SourceFiles.class.getClassLoader().getResource(location.substring(CLASSPATH.length()))
          == null) {
        throw bad(location, "no such resource on the class path");
      }
      Format format = format(location);
      if (format.columns()) {
        throw bad(location, "Parquet and Arrow are read from files only");
      }
      return new SourceFiles(List.of(new TextFile(location, format)), List.of());
    }
    try {
      Path path = Path.of(location);
      if (Files.isDirectory(path)) {
        return folder(path);
      } else if (Files.exists(path)) {
        if (!Files.isReadable(path)) {
          throw bad(location, "may not be read");
        }
        return new SourceFiles(List.of(new TextFile(location, format(location))), List.of());
      } else if (location.matches(PATTERN)) {
        return pattern(path, location);
      }
      throw bad(location, "no such file");
    } catch (InvalidPathException | IOException | UncheckedIOException e) {
      throw bad(location, String.valueOf(e.getMessage()));
    }
  }

  private static SourceFiles folder(Path folder) throws IOException {
    if (Files.exists(folder.resolve("dataset_dict.json"))) {
      List<String> splits = JsonValue.read(folder.resolve("dataset_dict.json")).texts("splits");
      throw new InvalidInputException(
          "corpus %s: is a data set of the splits %s.\nMaybe give the folder of one: %s."
              .formatted(
                  folder, splits, folder.resolve(splits.isEmpty() ? "train" : splits.get(0))));
    }
    if (Files.exists(folder.resolve("state.json"))) {
      return saved(folder);
    }
    List<TextFile> files = new ArrayList<>();
    List<String> passedOver = new ArrayList<>();
    for (Path file : below(folder)) {
      if (beside(folder.relativize(file))) {
        passedOver.add(file.toString());
      } else {
        files.add(new TextFile(file.toString(), format(file.toString())));
      }
    }
    if (files.isEmpty()) {
      throw bad(folder.toString(), "holds no file of text");
    }
    return new SourceFiles(files, passedOver);
  }

  /** What {@code Dataset.save_to_disk} leaves: state.json names the files and their order. */
  private static SourceFiles saved(Path folder) {
    JsonValue state = JsonValue.read(folder.resolve("state.json"));
    if (state.has("_indices_files") && !state.list("_indices_files").isEmpty()
        || state.has("_indices_data_files") && !state.list("_indices_data_files").isEmpty()) {
      throw state.bad(
          "_indices_files",
          "is not read: the rows are chosen by an index",
          "write the data set again: ds.flatten_indices().save_to_disk(...)");
    }
    List<TextFile> files = new ArrayList<>();
    for (JsonValue file : state.objects("_data_files")) {
      Path path = folder.resolve(file.text("filename"));
      if (!path.normalize().startsWith(folder.normalize()) || !Files.isReadable(path)) {
        throw file.bad("filename", "is not in the folder");
      }
      files.add(new TextFile(path.toString(), format(path.toString())));
    }
    if (files.isEmpty()) {
      throw bad(folder.toString(), "holds no file of text");
    }
    return new SourceFiles(files, List.of());
  }

  /** Files below the longest folder without a wildcard that the pattern takes. */
  private static SourceFiles pattern(Path path, String location) throws IOException {
    Path base = path;
    while (base != null && base.toString().matches(PATTERN)) {
      base = base.getParent();
    }
    base = base == null ? Path.of("") : base;
    if (!Files.isDirectory(base)) {
      throw bad(location, base + " is no folder");
    }
    PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + location);
    List<TextFile> files =
        below(base).stream()
            .filter(matcher::matches)
            .map(file -> new TextFile(file.toString(), format(file.toString())))
            .toList();
    if (files.isEmpty()) {
      throw bad(location, "no file is of this pattern");
    }
    return new SourceFiles(files, List.of());
  }

  private static List<Path> below(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> sorted = new ArrayList<>(files.filter(Files::isRegularFile).toList());
      sorted.sort((a, b) -> a.toString().compareTo(b.toString()));
      return sorted;
    }
  }

  private static boolean beside(Path relative) {
    for (Path part : relative) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    String name = relative.getFileName().toString().toLowerCase(Locale.ROOT);
    return BESIDE.contains(name) || BESIDE_SUFFIXES.stream().anyMatch(name::endsWith);
  }

  private static Format format(String location) {
    return Format.of(location)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "corpus %s: its name does not say what is in it.\nMaybe rename it, convert it, or leave it out with a pattern: %s."
                        .formatted(location, Format.SUPPORTED)));
  }

  private static InvalidInputException bad(String location, String reason) {
    return new InvalidInputException(
        "corpus %s: %s.\nMaybe check the path; give a file, a folder, a pattern or classpath:NAME."
            .formatted(location, reason));
  }
}

package puzzle.engine.data;

import java.util.Locale;
import java.util.Optional;

/** What is in a file, told by its name without the suffix of a {@link Compression}. */
enum Format {
  /** Plain text, documents separated by blank lines. */
  PARAGRAPHS(".txt", ".text", ".md", ".markdown", ".rst"),
  /** A document a line, the last of its tab-separated columns. */
  LINES(".lines.txt"),
  /** A JSON object a line. */
  JSON_LINES(".jsonl", ".ndjson"),
  /** A JSON list of objects, or objects one after the other. */
  JSON(".json"),
  PARQUET(".parquet"),
  /** Arrow's stream or file format, as {@code datasets} saves it. */
  ARROW(".arrow", ".feather", ".ipc");

  static final String SUPPORTED =
      "text is read from .txt, .md, .rst, .lines.txt, .jsonl, .ndjson and .json, also as .gz, .zst,"
          + " .xz or .bz2, and from .parquet and .arrow";

  private final String[] suffixes;

  Format(String... suffixes) {
    this.suffixes = suffixes;
  }

  /** The format of a file of that name, if it is one of these. */
  static Optional<Format> of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    Compression compression = Compression.of(lower);
    String plain = lower.substring(0, lower.length() - compression.suffix().length());
    if (plain.endsWith(LINES.suffixes[0])) {
      return Optional.of(LINES);
    }
    for (Format format : values()) {
      for (String suffix : format.suffixes) {
        if (plain.endsWith(suffix)) {
          boolean sound = compression == Compression.NONE || !format.columns();
          return sound ? Optional.of(format) : Optional.empty();
        }
      }
    }
    return Optional.empty();
  }

  /** True if it is read from several places of the file, so that it cannot be compressed whole. */
  boolean columns() {
    return this == PARQUET || this == ARROW;
  }
}

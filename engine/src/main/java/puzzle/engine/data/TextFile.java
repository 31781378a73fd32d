package puzzle.engine.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import puzzle.model.InvalidInputException;

/**
 * One file of a corpus. Memory is bounded by {@link #MAX_DOCUMENT}: a longer run of text is cut
 * into several documents. Bytes that are not UTF-8 become replacement characters.
 */
final class TextFile implements Corpus {

  /** Characters of the longest document. */
  static final int MAX_DOCUMENT = 1 << 20;

  private static final String CLASSPATH = "classpath:";
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(64)
                  .maxStringLength(8 * MAX_DOCUMENT)
                  .build())
          .build();

  private enum Format {
    PARAGRAPHS,
    LINES,
    JSON_LINES,
    PARQUET
  }

  private final String location;
  private final Format format;

  private TextFile(String location) {
    this.location = location;
    this.format = format(location);
  }

  private static Format format(String location) {
    String name = location.toLowerCase(Locale.ROOT).replaceFirst("\\.gz$", "");
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return Format.JSON_LINES;
    }
    if (name.endsWith(".parquet")) {
      return Format.PARQUET;
    }
    return name.endsWith(".lines.txt") ? Format.LINES : Format.PARAGRAPHS;
  }

  /** The files of a location, in the order of their names. */
  static Stream<TextFile> at(String location) {
    if (location.startsWith(CLASSPATH)) {
      if (resource(location) == null) {
        throw missing(location, "no such resource on the class path");
      }
      TextFile file = new TextFile(location);
      if (file.format == Format.PARQUET) {
        throw missing(location, "Parquet is read from files only");
      }
      return Stream.of(file);
    }
    try {
      Path path = Path.of(location);
      if (!Files.isDirectory(path)) {
        if (!Files.isReadable(path)) {
          throw missing(location, Files.exists(path) ? "may not be read" : "no such file");
        }
        return Stream.of(new TextFile(location));
      }
      try (Stream<Path> files = Files.walk(path)) {
        return files
            .filter(Files::isRegularFile)
            .filter(file -> !file.getFileName().toString().startsWith("."))
            .map(Path::toString)
            .sorted()
            .map(TextFile::new)
            .toList()
            .stream();
      }
    } catch (InvalidPathException | IOException | UncheckedIOException e) {
      throw missing(location, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Documents documents() {
    return format == Format.PARQUET ? new ParquetDocuments(location) : new TextDocuments();
  }

  private static InputStream resource(String location) {
    return TextFile.class
        .getClassLoader()
        .getResourceAsStream(location.substring(CLASSPATH.length()));
  }

  /** A document of a format that has no lines, cut at the longest allowed. */
  static String shortened(String document) {
    if (document.length() <= MAX_DOCUMENT) {
      return document;
    }
    boolean pair = Character.isHighSurrogate(document.charAt(MAX_DOCUMENT - 1));
    return document.substring(0, pair ? MAX_DOCUMENT - 1 : MAX_DOCUMENT);
  }

  private static InvalidInputException missing(String location, String reason) {
    return new InvalidInputException(
        "corpus %s: %s.\nMaybe check the path; give a file, a folder or classpath:NAME."
            .formatted(location, reason));
  }

  private InvalidInputException bad(long line, String what) {
    return new InvalidInputException(
        "%s: line %s: %s.\nMaybe the file is cut off or not of the format its name says."
            .formatted(location, line, what));
  }

  private final class TextDocuments extends ReadAhead {
    private final char[] chars = new char[1 << 15];
    private int filled;
    private int taken;
    private Reader reader;
    private long line;
    private boolean cut;

    @Override
    String read() throws IOException {
      return switch (format) {
        case JSON_LINES -> jsonLine();
        case LINES -> tabbedLine();
        default -> paragraph();
      };
    }

    @Override
    InvalidInputException unreadable(String reason) {
      return bad(line + 1, "cannot be read: " + reason);
    }

    @Override
    Closeable open() throws IOException {
      InputStream in =
          location.startsWith(CLASSPATH)
              ? resource(location)
              : Files.newInputStream(Path.of(location));
      try {
        InputStream text =
            location.toLowerCase(Locale.ROOT).endsWith(".gz")
                ? new GZIPInputStream(in, 1 << 16)
                : in;
        reader = new InputStreamReader(text, StandardCharsets.UTF_8);
        return reader;
      } catch (IOException e) {
        in.close();
        throw e;
      }
    }

    private String jsonLine() throws IOException {
      String text = line(8 * MAX_DOCUMENT);
      if (text == null) {
        return end();
      }
      if (cut) {
        throw bad(line, "longer than " + 8 * MAX_DOCUMENT + " characters");
      }
      if (text.isBlank()) {
        return null;
      }
      String document = null;
      try (JsonParser json = JSON.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw bad(line, "not a JSON object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          boolean wanted = json.currentName().equals("text");
          if (json.nextToken() == JsonToken.VALUE_STRING && wanted) {
            document = json.getText();
          }
          json.skipChildren();
        }
        if (json.nextToken() != null) {
          throw bad(line, "more than one JSON object");
        }
      } catch (JsonProcessingException e) {
        throw bad(line, "not JSON: " + e.getOriginalMessage());
      }
      if (document == null) {
        throw bad(line, "no string in field \"text\"");
      }
      // An escape can spell half of a surrogate pair, which no tokenizer takes.
      return new String(
          shortened(document).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }

    private String tabbedLine() throws IOException {
      String text = line(MAX_DOCUMENT);
      return text == null ? end() : text.substring(text.lastIndexOf('\t') + 1);
    }

    private String paragraph() throws IOException {
      StringBuilder document = new StringBuilder();
      while (document.length() < MAX_DOCUMENT) {
        String text = line(MAX_DOCUMENT - document.length());
        if (text == null && document.isEmpty()) {
          return end();
        }
        if (text == null || text.isBlank() && !document.isEmpty()) {
          break;
        }
        if (!text.isBlank()) {
          document.append(document.isEmpty() ? "" : "\n").append(text);
        }
      }
      return document.toString();
    }

    /** The next line, or its next part where it is longer than {@code limit}. */
    private String line(int limit) throws IOException {
      StringBuilder text = new StringBuilder();
      cut = false;
      int c = character();
      if (c < 0) {
        return null;
      }
      line++;
      while (c >= 0 && c != '\n') {
        text.append((char) c);
        if (text.length() >= limit && !Character.isHighSurrogate((char) c)) {
          cut = true;
          break;
        }
        c = character();
      }
      int last = text.length() - 1;
      if (!cut && last >= 0 && text.charAt(last) == '\r') {
        text.setLength(last);
      }
      return text.toString();
    }

    private int character() throws IOException {
      if (taken == filled) {
        filled = Math.max(0, reader.read(chars, 0, chars.length));
        taken = 0;
        if (filled == 0) {
          return -1;
        }
      }
      return chars[taken++];
    }

    private String end() {
      close();
      return null;
    }
  }
}

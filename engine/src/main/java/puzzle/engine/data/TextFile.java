package puzzle.engine.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import puzzle.model.InvalidInputException;

/**
 * One file of a corpus. Memory is bounded by {@link #MAX_DOCUMENT}: a longer run of text is cut
 * into several documents. Bytes that are not UTF-8 become replacement characters.
 */
final class TextFile implements Corpus {

  /** Characters of the longest document. */
  static final int MAX_DOCUMENT = 1 << 20;

  private final String location;
  private final Format format;
  private final RecordField field;

  TextFile(String location, Format format) {
    this(location, format, new RecordField("text", RecordField.NO_CHAT));
  }

  private TextFile(String location, Format format, RecordField field) {
    this.location = location;
    this.format = format;
    this.field = field;
  }

  /** The same, another field of its records read. */
  TextFile of(RecordField other) {
    return new TextFile(location, format, other);
  }

  String location() {
    return location;
  }

  Format format() {
    return format;
  }

  @Override
  public long bytes() {
    try {
      if (!location.startsWith(SourceFiles.CLASSPATH)) {
        return Files.size(Path.of(location));
      }
      String name = location.substring(SourceFiles.CLASSPATH.length());
      return Math.max(
          0,
          TextFile.class
              .getClassLoader()
              .getResource(name)
              .openConnection()
              .getContentLengthLong());
    } catch (IOException e) {
      return 0;
    }
  }

  @Override
  public Documents documents() {
    return switch (format) {
      case PARQUET -> new ParquetDocuments(location, field);
      case ARROW -> new ArrowDocuments(location, field);
      default -> new TextDocuments();
    };
  }

  private static InputStream resource(String location) {
    return TextFile.class
        .getClassLoader()
        .getResourceAsStream(location.substring(SourceFiles.CLASSPATH.length()));
  }

  /** The same with a question mark for each half of a surrogate pair. */
  static String whole(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
      }
    }
    return text;
  }

  /** A document of a format that has no lines, cut at the longest allowed. */
  static String shortened(String document) {
    if (document.length() <= MAX_DOCUMENT) {
      return document;
    }
    boolean pair = Character.isHighSurrogate(document.charAt(MAX_DOCUMENT - 1));
    return document.substring(0, pair ? MAX_DOCUMENT - 1 : MAX_DOCUMENT);
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
    private CountedStream counted;
    private JsonParser objects;

    /** Inside of a list; behind it; behind an object that stands in none. */
    private boolean list;

    private boolean closed;
    private boolean any;
    private long line;
    private boolean cut;

    @Override
    String read() throws IOException {
      return switch (format) {
        case JSON_LINES -> jsonLine();
        case JSON -> jsonObject();
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
      counted =
          new CountedStream(
              location.startsWith(SourceFiles.CLASSPATH)
                  ? resource(location)
                  : Files.newInputStream(Path.of(location)));
      try {
        reader =
            new InputStreamReader(Compression.of(location).open(counted), StandardCharsets.UTF_8);
        return reader;
      } catch (IOException e) {
        counted.close();
        throw e;
      }
    }

    @Override
    public long bytes() {
      return counted == null ? 0 : counted.count();
    }

    @Override
    String place() {
      return location + ": line " + line;
    }

    @Override
    boolean plain() {
      return format == Format.PARAGRAPHS || format == Format.LINES;
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
      String document;
      try (JsonParser json = RecordField.JSON.createParser(text)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw bad(line, "not a JSON object");
        }
        document = field.read(json);
        if (json.nextToken() != null) {
          throw bad(line, "more than one JSON object");
        }
      } catch (JsonProcessingException e) {
        throw bad(line, "not JSON: " + e.getOriginalMessage());
      }
      return found(document);
    }

    private String found(String document) {
      if (document == null) {
        throw new InvalidInputException(
            "%s: line %s: %s.\nMaybe name the field that holds it: field of corpus.source."
                .formatted(location, line, field.missing()));
      }
      // An escape can spell half of a surrogate pair, which no tokenizer takes.
      return whole(shortened(document));
    }

    /** The next object of a list, or of objects one after the other. */
    private String jsonObject() throws IOException {
      if (objects == null) {
        objects = RecordField.JSON.createParser(reader);
      }
      try {
        JsonToken token = objects.nextToken();
        line = objects.currentTokenLocation().getLineNr();
        if (token == JsonToken.START_ARRAY && !list && !closed && !any) {
          list = true;
          return null;
        } else if (token == JsonToken.END_ARRAY && list) {
          list = false;
          closed = true;
          return null;
        } else if (token == null) {
          return end();
        } else if (token != JsonToken.START_OBJECT || closed) {
          throw bad(line, "not a JSON object");
        }
        any |= !list;
        return found(field.read(objects));
      } catch (JsonProcessingException e) {
        line = e.getLocation() == null ? line : e.getLocation().getLineNr();
        throw bad(line, "not JSON: " + e.getOriginalMessage().lines().findFirst().orElse(""));
      }
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

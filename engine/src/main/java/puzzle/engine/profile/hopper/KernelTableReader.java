package puzzle.engine.profile.hopper;

import java.io.BufferedReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import puzzle.model.InvalidInputException;

/**
 * Reads kernel tables: CSV, plain or gzipped, one measurement a line, with a header; or Parquet
 * with the same columns. What a table measures is told by its columns; the unit of time is in the
 * column's name ({@code latency_us}, {@code latency_ms}, {@code latency_s}) and a table without one
 * is refused.
 */
public final class KernelTableReader {

  private static final Map<String, Double> MICROS =
      Map.of("latency_us", 1.0, "latency_ms", 1e3, "latency_s", 1e6);
  private static final Set<String> TYPES = Set.of("bfloat16", "fp8", "fp8_block");
  private static final byte[] PARQUET = {'P', 'A', 'R', '1'};
  private static final double LONGEST_MICROS = 6e7;
  private static final int LONGEST_LINE = 4096;
  private static final long LARGEST_TABLE = 64L << 20;

  private KernelTableReader() {}

  /**
   * Every kernel table of one kind of hardware in a folder: files named {@code h100_*.csv.gz},
   * {@code h100_*.csv} or {@code h100_*.parquet}.
   *
   * @throws InvalidInputException if there is none, with the names that are there
   */
  public static KernelSamples readFolder(Path folder, String hardware) {
    KernelSamples all = new KernelSamples();
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> tables =
          files
              .filter(
                  f -> f.getFileName().toString().matches(hardware + "_.*\\.(csv(\\.gz)?|parquet)"))
              .sorted()
              .toList();
      for (Path table : tables) {
        all.addAll(read(table));
      }
      if (tables.isEmpty()) {
        throw new InvalidInputException(
            "%s: no kernel table named %s_*.csv.gz.%nMaybe the folder of another machine."
                .formatted(folder, hardware));
      }
    } catch (IOException e) {
      throw new InvalidInputException(
          folder + ": " + e.getMessage() + "\nMaybe the path is not a readable folder.", e);
    }
    return all;
  }

  /** One table. Errors name file and line. */
  public static KernelSamples read(Path file) {
    try (BufferedReader in = open(file)) {
      return read(in, file.getFileName().toString());
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": " + e.getMessage() + "\nMaybe the file is cut off or not gzip.", e);
    }
  }

  private static BufferedReader open(Path file) throws IOException {
    PushbackInputStream in = new PushbackInputStream(Files.newInputStream(file), 4);
    byte[] magic = in.readNBytes(4);
    if (Arrays.equals(magic, PARQUET)) {
      in.close();
      return ParquetRows.asCsv(file);
    }
    in.unread(magic);
    boolean gzip = magic.length > 1 && magic[0] == 0x1f && magic[1] == (byte) 0x8b;
    InputStream data = gzip ? new GZIPInputStream(in, 1 << 16) : in;
    return new BufferedReader(
        new InputStreamReader(new Bounded(data), StandardCharsets.UTF_8), 1 << 16);
  }

  /** Ends with an error where a small file inflates without end. */
  private static final class Bounded extends FilterInputStream {
    private long left = LARGEST_TABLE;

    Bounded(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      throw new UnsupportedOperationException("read by blocks");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      left -= Math.max(0, read);
      if (left < 0) {
        throw new IOException("more than " + LARGEST_TABLE + " bytes of text");
      }
      return read;
    }
  }

  static KernelSamples read(BufferedReader in, String place) throws IOException {
    String header = in.readLine();
    if (header == null) {
      throw new InvalidInputException(place + ": empty.\nMaybe the file is cut off.");
    }
    Columns columns = new Columns(header.strip().split(",", -1), place);
    Row row = columns.row();
    KernelSamples samples = new KernelSamples();
    int number = 1;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      number++;
      if (!line.isBlank()) {
        row.read(line, place + ":" + number);
        columns.kind.add(samples, row);
      }
    }
    if (samples.size() == 0) {
      throw new InvalidInputException(place + ": a header and no rows.\nMaybe it is cut off.");
    }
    return samples;
  }

  /** What a table measures, told by the columns only it has. */
  private enum Kind {
    GEMM("dtype", "m", "n", "k") {
      @Override
      void add(KernelSamples to, Row row) {
        to.add(
            KernelKey.gemm(row.type("dtype")),
            row.micros(),
            row.number("m"),
            row.number("n"),
            row.number("k"));
      }
    },
    DECODE(
        "attn_dtype",
        "kv_cache_dtype",
        "batch_size",
        "num_heads",
        "num_key_value_heads",
        "head_dim",
        "context_len") {
      @Override
      void add(KernelSamples to, Row row) {
        int kvHeads = row.number("num_key_value_heads");
        to.add(
            KernelKey.decode(row.type("kv_cache_dtype"), row.number("head_dim"), row.group()),
            row.micros(),
            (double) row.number("batch_size") * kvHeads,
            row.number("context_len"));
      }
    },
    PREFILL(
        "attn_dtype",
        "kv_cache_dtype",
        "batch_size",
        "num_heads",
        "num_key_value_heads",
        "head_dim",
        "input_len") {
      @Override
      void add(KernelSamples to, Row row) {
        to.add(
            KernelKey.prefill(
                row.type("attn_dtype"), row.type("kv_cache_dtype"), row.number("head_dim")),
            row.micros(),
            (double) row.number("batch_size") * row.number("num_heads"),
            row.number("input_len"),
            row.group());
      }
    },
    ALL_REDUCE("dtype", "num_gpus", "message_size") {
      @Override
      void add(KernelSamples to, Row row) {
        row.type("dtype");
        to.add(
            KernelKey.allReduce(row.number("num_gpus")), row.micros(), row.number("message_size"));
      }
    };

    private final List<String> columns;

    Kind(String... columns) {
      this.columns = List.of(columns);
    }

    abstract void add(KernelSamples to, Row row);
  }

  /** The header, understood. */
  private static final class Columns {
    private final Kind kind;
    private final Map<String, Integer> index = new HashMap<>();
    private final int latency;
    private final double toMicros;

    Columns(String[] names, String place) {
      for (int i = 0; i < names.length; i++) {
        if (index.put(names[i].strip(), i) != null) {
          throw new InvalidInputException(
              "%s:1: column '%s' twice.%nMaybe two tables were joined.".formatted(place, names[i]));
        }
      }
      kind =
          Stream.of(Kind.values())
              .filter(k -> index.keySet().containsAll(k.columns))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "%s:1: no known kernel table has the columns %s.%nMaybe one of %s is missing."
                              .formatted(
                                  place,
                                  index.keySet(),
                                  Arrays.stream(Kind.values()).map(k -> k.columns).toList())));
      String time =
          MICROS.keySet().stream()
              .filter(index::containsKey)
              .reduce(
                  (a, b) -> {
                    throw new InvalidInputException(
                        "%s:1: both %s and %s.%nMaybe keep one.".formatted(place, a, b));
                  })
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "%s:1: no column names the time's unit.%nMaybe rename it to one of %s."
                              .formatted(place, new TreeSet<>(MICROS.keySet()))));
      latency = index.get(time);
      toMicros = MICROS.get(time);
    }

    Row row() {
      return new Row(this);
    }
  }

  /** One line, reused. */
  private static final class Row {
    private final Columns columns;
    private String[] values = {};
    private String place = "";

    Row(Columns columns) {
      this.columns = columns;
    }

    void read(String line, String at) {
      place = at;
      values = line.length() > LONGEST_LINE ? new String[0] : line.strip().split(",", -1);
      if (values.length != columns.index.size()) {
        throw new InvalidInputException(
            "%s: %d values for %d columns.%nMaybe a line is cut off."
                .formatted(place, values.length, columns.index.size()));
      }
    }

    String type(String column) {
      String value = values[columns.index.get(column)].strip();
      if (!TYPES.contains(value)) {
        throw new InvalidInputException(
            "%s: %s '%s' is not known.%nMaybe one of %s."
                .formatted(place, column, value, new TreeSet<>(TYPES)));
      }
      return value;
    }

    int number(String column) {
      String value = values[columns.index.get(column)].strip();
      try {
        int n = Integer.parseInt(value);
        if (n > 0) {
          return n;
        }
      } catch (NumberFormatException e) {
        // Said below.
      }
      throw new InvalidInputException(
          "%s: %s is '%s'.%nMaybe a whole number from 1 was meant."
              .formatted(place, column, value.length() > 40 ? value.substring(0, 40) : value));
    }

    int group() {
      int heads = number("num_heads");
      int kvHeads = number("num_key_value_heads");
      if (heads % kvHeads != 0) {
        throw new InvalidInputException(
            "%s: %d heads cannot share %d KV heads.%nMaybe the columns are swapped."
                .formatted(place, heads, kvHeads));
      }
      return heads / kvHeads;
    }

    double micros() {
      String value = values[columns.latency].strip();
      double micros;
      try {
        micros = Double.parseDouble(value) * columns.toMicros;
      } catch (NumberFormatException e) {
        micros = Double.NaN;
      }
      if (!(micros > 0 && micros < LONGEST_MICROS)) {
        throw new InvalidInputException(
            "%s: a time of '%s'.%nMaybe the column's unit is wrong; a kernel takes between 0 and a minute."
                .formatted(place, value.length() > 40 ? value.substring(0, 40) : value));
      }
      return micros;
    }
  }
}

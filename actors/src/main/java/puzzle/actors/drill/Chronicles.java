package puzzle.actors.drill;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import puzzle.actors.work.Chronicle;

/** What the nodes wrote of themselves, see {@link Chronicle}: read while they run. */
final class Chronicles {

  /**
   * One line.
   *
   * @param words {@code [recorded, drill-1, TaskFinished, bld/0/kv-2, 1]}
   */
  record Line(Instant at, String node, List<String> words) {

    String verb() {
      return words.get(0);
    }

    boolean of(String run) {
      return words.size() > 1 && words.get(1).equals(run);
    }

    boolean says(String verb, String run) {
      return verb().equals(verb) && of(run);
    }

    /** The task a line about an attempt names. */
    String key() {
      return words.get(words.size() - 2);
    }

    int attempt() {
      return Integer.parseInt(words.get(words.size() - 1));
    }
  }

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS");
  private static final int TIME_LENGTH = 23;
  private static final String MARK = " " + Chronicle.NAME + " ";
  private static final String MESSAGE = " - ";

  private final List<Line> lines = new ArrayList<>();
  private final Map<Path, Long> read = new HashMap<>();
  private final ZoneId zone = ZoneId.systemDefault();

  /** Reads what is new in a node's log. */
  void follow(String node, Path log) throws IOException {
    if (!Files.exists(log)) {
      return;
    }
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long from = read.getOrDefault(log, 0L);
      byte[] fresh = new byte[Math.toIntExact(file.length() - from)];
      file.seek(from);
      file.readFully(fresh);
      int end = fresh.length;
      while (end > 0 && fresh[end - 1] != '\n') {
        end--;
      }
      read.put(log, from + end);
      new String(fresh, 0, end, StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.contains(MARK))
          .forEach(line -> lines.add(parse(node, line)));
    }
    lines.sort(Comparator.comparing(Line::at));
  }

  /** All lines so far, oldest first. */
  Stream<Line> lines() {
    return lines.stream();
  }

  /** Lines about one run. */
  Stream<Line> of(String run) {
    return lines.stream().filter(line -> line.of(run));
  }

  /** Where something that wanders through the cluster started last, or the empty string. */
  String last(String verb, String run) {
    return lines.stream()
        .filter(l -> l.verb().equals(verb) && (run == null || l.of(run)))
        .reduce((a, b) -> b)
        .map(Line::node)
        .orElse("");
  }

  private Line parse(String node, String line) {
    Instant at = LocalDateTime.parse(line.substring(0, TIME_LENGTH), TIME).atZone(zone).toInstant();
    // Between the logger's name and the message stands the context: run, task, actor.
    String text = line.substring(line.indexOf(MESSAGE, line.indexOf(MARK)) + MESSAGE.length());
    return new Line(at, node, List.of(text.strip().split(" ")));
  }
}

package puzzle.actors.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;

/**
 * Runs of the same search on one site, one after the other: the first is left alone, the others are
 * disturbed by whoever asks for them, and held against it when they are over.
 */
final class DrillRuns {

  static final String UNDISTURBED = "undisturbed";

  /** In the order a run goes through them: what the keys of their tasks begin with. */
  static final List<String> STAGES =
      List.of("record", "profile", "bld", "score", "measure", "evaluate", "gkd", "export");

  private static final Duration RUN_LIMIT = Duration.ofMinutes(5);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final int LAST_LINES = 3;

  /** Something to wait for. */
  interface Condition {
    boolean holds() throws IOException;
  }

  private final SmallSearch search;
  private final Site site;
  private final Chronicles chronicles = new Chronicles();
  private final Map<String, Instant> began = new HashMap<>();
  private final List<String> wrong = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private int lost;
  private int doubled;
  private Outcomes undisturbed;

  DrillRuns(SmallSearch search, Site site) {
    this.search = search;
    this.site = site;
  }

  /** Starts the site and runs the search undisturbed; returns how long the run took. */
  Duration undisturbed() throws IOException, InterruptedException {
    site.start();
    begin(UNDISTURBED);
    until(UNDISTURBED, () -> site.ended(UNDISTURBED));
    undisturbed = Outcomes.of(search.store(UNDISTURBED));
    check(UNDISTURBED);
    return age(UNDISTURBED);
  }

  void begin(String run) throws IOException, InterruptedException {
    began.put(run, Instant.now());
    site.submit(run);
  }

  /** Waits until a run is over and everything is up again; returns what is wrong with it. */
  List<String> finish(String run) throws IOException, InterruptedException {
    // Looking whether all are up starts those again that have stopped by themselves.
    until(
        run,
        () -> {
          site.whole();
          return site.ended(run);
        });
    until(run, site::whole);
    List<String> differences = undisturbed.differences(Outcomes.of(search.store(run)));
    List<String> found = new ArrayList<>();
    differences.forEach(d -> found.add(run + ": " + d + " differs from the undisturbed run's"));
    found.addAll(check(run));
    wrong.addAll(found.subList(0, differences.size()));
    return found;
  }

  /** True once a task of the stage, or of a later one, has begun. */
  boolean reached(String run, String stage) {
    return chronicles
        .of(run)
        .anyMatch(l -> l.verb().equals("begun") && stageOf(l.key()) >= STAGES.indexOf(stage));
  }

  /** The stage a run is in: that of the task that began last. */
  String stage(String run) {
    return last(run, "begun").map(l -> l.key().replaceAll("/.*", "")).orElse("start");
  }

  /** The latest line of a kind about a run. */
  Optional<Chronicles.Line> last(String run, String verb) {
    return chronicles.of(run).filter(l -> l.verb().equals(verb)).reduce((a, b) -> b);
  }

  /** Something has been done for a run since then. */
  boolean goesOn(String run, Instant since) {
    return chronicles
        .of(run)
        .anyMatch(
            l ->
                l.at().isAfter(since)
                    && (l.verb().equals("stepped") || l.verb().equals("finished")));
  }

  Chronicles chronicles() {
    return chronicles;
  }

  Duration age(String run) {
    return Duration.between(began.get(run), Instant.now());
  }

  /** What went wrong with attempts of the run that was finished last. */
  List<String> failures() {
    return List.copyOf(failures);
  }

  int lost() {
    return lost;
  }

  int doubled() {
    return doubled;
  }

  /** All that was found so far, in words. */
  List<String> wrong() {
    return List.copyOf(wrong);
  }

  /** Waits, reading what the nodes write. */
  void until(String run, Condition condition) throws IOException, InterruptedException {
    look();
    while (!condition.holds()) {
      if (age(run).compareTo(RUN_LIMIT) > 0) {
        throw new IOException(
            "%s is not over after %s: %s.\nMaybe the nodes' logs say why (--dir keeps them)."
                .formatted(run, RUN_LIMIT, lastWords()));
      }
      TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
      look();
    }
  }

  void look() throws IOException {
    for (NodeProcess node : site.nodes()) {
      chronicles.follow(node.name(), node.log());
    }
  }

  /** Of each node: whether it lives, and the last lines of its log. */
  private String lastWords() throws IOException {
    StringJoiner words = new StringJoiner("; ");
    for (NodeProcess node : site.nodes()) {
      List<String> lines = Files.exists(node.log()) ? Files.readAllLines(node.log()) : List.of();
      words.add(
          "%s %s, its log ends with %s"
              .formatted(
                  node.name(),
                  node.alive() ? "lives" : "ended with " + node.exit(0),
                  lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size())));
    }
    return words.toString();
  }

  private List<String> check(String run) throws IOException, InterruptedException {
    look();
    List<String> found = new ArrayList<>();
    List<Chronicles.Line> recorded =
        chronicles.of(run).filter(l -> l.verb().equals("recorded")).toList();
    Ledger ledger = Ledger.read(site.journal(run), run);
    failures.clear();
    failures.addAll(ledger.failures());
    List<String> missing = ledger.lost(recorded);
    missing.forEach(m -> found.add(run + ": lost " + m));
    lost += missing.size();
    List<String> twice = ledger.doubled();
    twice.forEach(t -> found.add(run + ": counted twice " + t));
    doubled += twice.size();
    if (recorded.isEmpty()) {
      found.add(run + ": its nodes wrote of no event");
    }
    wrong.addAll(found);
    return found;
  }

  private static int stageOf(String key) {
    return STAGES.indexOf(key.replaceAll("/.*", ""));
  }
}

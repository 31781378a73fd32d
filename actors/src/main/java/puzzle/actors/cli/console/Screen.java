package puzzle.actors.cli.console;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;
import puzzle.protocol.Feed;

/**
 * Shows a {@link ProgressBoard} on standard error: redrawn in place on a terminal, otherwise a line
 * when there is news and every ten seconds.
 */
public final class Screen {

  private static final long QUIET_NANOS = 10_000_000_000L;

  private static final long STATUS_NANOS = 5_000_000_000L;

  private final ProgressBoard board;
  private final CompletableFuture<Outcome> ended = new CompletableFuture<>();
  private final PrintStream out = System.err;
  private final boolean terminal;
  private final long started;
  private int drawn;
  private long lastLine;
  private String lastText = "";

  /**
   * Redraws if the launcher saw a terminal behind standard error and the result is text.
   *
   * @param started what {@link System#nanoTime()} was when the command began
   */
  public Screen(RunSpec run, Output output, long started) {
    this.started = started;
    this.board =
        new ProgressBoard(run.id(), run.target().goals().get(0).workload(), System::nanoTime);
    this.terminal =
        Boolean.getBoolean("puzzle.terminal")
            && !"dumb".equals(System.getenv("TERM"))
            && !output.json();
  }

  /** Told what is published about the run. */
  public void on(Feed.Fact fact) {
    board.on(fact);
    if (fact instanceof Feed.Ended e && e.run().equals(board.run())) {
      ended.complete(e.outcome());
    }
  }

  /**
   * Shows the run until it has ended. Facts may be lost; the run's own word is not.
   *
   * @param word asks the run for its outcome, null while there is none
   */
  public Outcome until(Supplier<Outcome> word) throws InterruptedException, ExecutionException {
    long asked = System.nanoTime();
    while (true) {
      try {
        Outcome outcome = ended.get(250, TimeUnit.MILLISECONDS);
        refresh();
        return outcome;
      } catch (TimeoutException e) {
        refresh();
      }
      if (System.nanoTime() - asked > STATUS_NANOS) {
        asked = System.nanoTime();
        Outcome outcome = word.get();
        if (outcome != null) {
          ended.complete(outcome);
        }
      }
    }
  }

  private void refresh() {
    if (terminal) {
      erase();
      // A line that wraps would not be erased.
      List<String> lines = board.picture(width()).lines().toList();
      lines.forEach(l -> out.println(l.substring(0, Math.min(l.length(), width() - 1))));
      drawn = lines.size();
    } else {
      String news = board.news();
      long now = System.nanoTime();
      if (!news.isEmpty()) {
        line(news);
      }
      String text = board.line();
      boolean phaseChanged = !board.phase().label().equals(lastText);
      if (phaseChanged || now - lastLine > QUIET_NANOS) {
        lastText = board.phase().label();
        lastLine = now;
        line(text);
      }
    }
    out.flush();
  }

  public void line(String text) {
    out.println("[" + ProgressBoard.clock((System.nanoTime() - started) / 1e9) + "] " + text);
  }

  private void erase() {
    if (drawn > 0) {
      out.print("\033[" + drawn + "A\033[J");
    }
  }

  private static int width() {
    try {
      return Math.max(20, Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "80")));
    } catch (NumberFormatException e) {
      return 80;
    }
  }
}

package puzzle.actors.cli.console;

import java.io.PrintStream;
import java.util.List;

/**
 * Shows a {@link ProgressBoard} on standard error: redrawn in place on a terminal, otherwise a line
 * when there is news and every ten seconds.
 */
public final class Screen {

  private static final long QUIET_NANOS = 10_000_000_000L;

  private final ProgressBoard board;
  private final PrintStream out;
  private final boolean terminal;
  private final long started;
  private int drawn;
  private long lastLine;
  private String lastText = "";

  /**
   * @param started what {@link System#nanoTime()} was when the command began
   */
  public Screen(ProgressBoard board, PrintStream out, boolean terminal, long started) {
    this.started = started;
    this.board = board;
    this.out = out;
    this.terminal = terminal;
  }

  /** True if the launcher saw a terminal behind standard error. */
  public static boolean onTerminal() {
    return Boolean.getBoolean("puzzle.terminal") && !"dumb".equals(System.getenv("TERM"));
  }

  public void refresh() {
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

  /** Leaves the last picture where it is. */
  public void end() {
    refresh();
    drawn = 0;
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

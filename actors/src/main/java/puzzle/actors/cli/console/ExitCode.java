package puzzle.actors.cli.console;

import puzzle.model.Outcome;

/** What the command's exit status says. */
public final class ExitCode {

  public static final int DONE = 0;
  public static final int INTERNAL = 1;
  public static final int USAGE = 2;
  public static final int INVALID_INPUT = 3;
  public static final int INFEASIBLE = 4;
  public static final int QUARANTINED = 5;
  public static final int REFUSED = 6;
  public static final int VERIFICATION_FAILED = 7;
  public static final int DETACHED = 130;

  private ExitCode() {}

  public static int of(Outcome outcome) {
    return switch (outcome.kind()) {
      case DONE -> DONE;
      case QUARANTINED -> QUARANTINED;
      case INFEASIBLE -> INFEASIBLE;
      case INVALID_INPUT -> INVALID_INPUT;
      case FAILED -> INTERNAL;
      case CANCELLED -> DETACHED;
    };
  }
}

package puzzle.actors.work;

/**
 * Which tasks run sooner. Subblock scores come before training, so that no-ops give a first
 * architecture within seconds and each trained variant fills its row of the table at once; composed
 * scores, which refine what the table already predicts, come last.
 */
public final class Priority {

  public static final int RECORD = 0;
  public static final int PROFILE = 1;
  public static final int MEASURE = 2;
  public static final int EXPORT = 3;
  public static final int GKD = 10;
  public static final int SCORE_SUBBLOCK = 20;
  public static final int BLD = 30;
  public static final int SCORE_BLOCK = 40;
  public static final int BASELINE = 50;

  private Priority() {}
}

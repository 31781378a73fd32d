package puzzle.engine.nn;

/** A training loss became NaN or infinite. */
public final class DivergedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public DivergedException(String what, int step, double loss, double learningRate) {
    super(
        "%s: loss is %s after %d steps (learning rate %s).%nMaybe lower the learning rate or raise the warm-up."
            .formatted(what, loss, step, learningRate));
  }
}

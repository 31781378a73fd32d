package puzzle.engine.decoder;

/**
 * One tensor of a decoder.
 *
 * @param shape [out, in] for matrices, [size] for the others
 */
public record TensorSpec(Role role, long... shape) {

  /** What a tensor is for: how it starts, what it is served in and whether it is split. */
  public enum Role {
    /** Projects the hidden state, or looks up a token. */
    MATRIX,
    /** Projects back into the residual stream. */
    OUTPUT,
    /** Weights of an RMS norm. */
    NORM,
    BIAS
  }

  public static TensorSpec matrix(long out, long in) {
    return new TensorSpec(Role.MATRIX, out, in);
  }

  public static TensorSpec output(long out, long in) {
    return new TensorSpec(Role.OUTPUT, out, in);
  }

  public static TensorSpec norm(long size) {
    return new TensorSpec(Role.NORM, size);
  }

  public static TensorSpec bias(long size) {
    return new TensorSpec(Role.BIAS, size);
  }

  public boolean isMatrix() {
    return role == Role.MATRIX || role == Role.OUTPUT;
  }

  public long elements() {
    long elements = 1;
    for (long dimension : shape) {
      elements *= dimension;
    }
    return elements;
  }
}

package puzzle.model;

/** An element type of weights or KV cache. */
public enum DType {
  FP32(4),
  BF16(2),
  FP16(2),
  FP8(1);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }
}

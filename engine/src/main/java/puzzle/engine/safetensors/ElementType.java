package puzzle.engine.safetensors;

/** The element types a safetensors file may declare, under the names of its format. */
public enum ElementType {
  F64(8),
  F32(4),
  F16(2),
  BF16(2),
  F8_E4M3(1),
  F8_E5M2(1),
  F8_E8M0(1),
  I64(8),
  I32(4),
  I16(2),
  I8(1),
  U64(8),
  U32(4),
  U16(2),
  U8(1),
  BOOL(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** True for the types that can be read as fp32. */
  public boolean floating() {
    return this == F64 || this == F32 || this == F16 || this == BF16;
  }
}

package puzzle.engine.safetensors;

/**
 * The two 16-bit floating-point formats, as bits. bfloat16 is the upper half of an fp32; fp16 is
 * IEEE 754 binary16.
 */
public final class HalfPrecision {

  private HalfPrecision() {}

  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** Rounds to nearest, ties to even; NaN stays NaN whatever its payload. */
  public static short toBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return (short) (bits >>> 16 | 0x0040);
    }
    int rounding = 0x7fff + (bits >>> 16 & 1);
    return (short) (bits + rounding >>> 16);
  }

  /** Rounds to nearest, ties to even; what is too large becomes infinite. */
  static short toFp16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      // Subnormal: adding 0.5 leaves the bits wanted, rounded, at the end of the mantissa.
      float shifted = Float.intBitsToFloat(magnitude) + 0.5f;
      return (short) (sign | Float.floatToRawIntBits(shifted) - 0x3f000000);
    }
    int rounding = 0xfff + (magnitude >>> 13 & 1);
    return (short) (sign | magnitude - 0x38000000 + rounding >>> 13);
  }

  static float fromFp16(short half) {
    int sign = (half & 0x8000) << 16;
    int exponent = half >>> 10 & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | mantissa << 13);
    }
    if (exponent == 0) {
      // Subnormal: mantissa * 2^-24, exact in fp32.
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | exponent + 112 << 23 | mantissa << 13);
  }
}

package puzzle.engine.nn;

import puzzle.engine.decoder.DecoderConfig;

/**
 * Rotary position angles (Llama's half-rotation layout): channel i and channel i + d/2 of a head
 * turn by position x frequency_i, frequency_i = theta^(-2i/d), rescaled by wavelength where the
 * config says so (Llama 3.1).
 */
final class Rope {

  private Rope() {}

  /** Frequencies of the first half of a head's channels, radians per position. */
  static double[] frequencies(DecoderConfig config) {
    int half = config.headSize() / 2;
    double[] frequencies = new double[half];
    for (int i = 0; i < half; i++) {
      double frequency = Math.pow(config.ropeTheta(), -2.0 * i / config.headSize());
      frequencies[i] =
          config.ropeScaling() == null ? frequency : scaled(frequency, config.ropeScaling());
    }
    return frequencies;
  }

  /** cos or sin of every angle, [positions, head size], both halves alike. */
  static float[] table(DecoderConfig config, int positions, boolean sine) {
    double[] frequencies = frequencies(config);
    int half = frequencies.length;
    float[] table = new float[positions * 2 * half];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < half; i++) {
        double angle = p * frequencies[i];
        float value = (float) (sine ? Math.sin(angle) : Math.cos(angle));
        table[p * 2 * half + i] = value;
        table[p * 2 * half + half + i] = value;
      }
    }
    return table;
  }

  /** Long waves are stretched by the factor, short ones kept, those between interpolated. */
  private static double scaled(double frequency, DecoderConfig.RopeScaling scaling) {
    double wavelength = 2 * Math.PI / frequency;
    double longest = scaling.originalPositions() / scaling.lowFrequencyFactor();
    double shortest = scaling.originalPositions() / scaling.highFrequencyFactor();
    if (wavelength > longest) {
      return frequency / scaling.factor();
    }
    if (wavelength < shortest) {
      return frequency;
    }
    double smooth =
        (scaling.originalPositions() / wavelength - scaling.lowFrequencyFactor())
            / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
    return (1 - smooth) * frequency / scaling.factor() + smooth * frequency;
  }
}

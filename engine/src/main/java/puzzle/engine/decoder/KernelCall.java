package puzzle.engine.decoder;

import java.util.List;

/**
 * How a subblock is computed: functions of {@code kernels.torchscript} and what they are given
 * after the hidden states, tensors by name. A tensor that a model lacks is an empty one.
 *
 * @param function of a whole sequence
 * @param prefill the same, writing keys and values to a cache; null if there is no cache
 * @param decode of one more token, reading them; null if there is no cache
 */
public record KernelCall(String function, String prefill, String decode, List<String> arguments) {

  /** Rotary tables and the norms' epsilon, which are no layer's own. */
  public static final String COS = "cos";

  public static final String SIN = "sin";
  public static final String EPS = "eps";

  /** Without a KV cache: a token's result depends on that token alone. */
  static KernelCall of(String function, String... arguments) {
    return new KernelCall(function, null, null, List.of(arguments));
  }

  public boolean cached() {
    return prefill != null;
  }
}

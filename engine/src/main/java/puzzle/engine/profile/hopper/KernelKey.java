package puzzle.engine.profile.hopper;

/** Names of kernels, as tables, constants and reports spell them. */
final class KernelKey {

  static final String GEMM = "gemm/";
  static final String DECODE = "decode/";
  static final String PREFILL = "prefill/";
  static final String ALL_REDUCE = "all-reduce/";

  private KernelKey() {}

  /** Shape (m, n, k). */
  static String gemm(String type) {
    return GEMM + type;
  }

  /** Shape (batch x KV heads, context). */
  static String decode(String kvType, int headSize, int group) {
    return DECODE + kvType + "/d" + headSize + "/g" + group;
  }

  /** Shape (batch x heads, prompt length, group). */
  static String prefill(String attentionType, String kvType, int headSize) {
    return PREFILL + attentionType + "/" + kvType + "/d" + headSize;
  }

  /** Shape (elements). */
  static String allReduce(int devices) {
    return ALL_REDUCE + devices;
  }

  /** {@code gemm}, {@code decode}, {@code prefill} or {@code all-reduce}. */
  static String family(String kernel) {
    return kernel.substring(0, kernel.indexOf('/'));
  }

  static int headSize(String kernel) {
    for (String part : kernel.split("/")) {
      if (part.matches("d\\d+")) {
        return Integer.parseInt(part.substring(1));
      }
    }
    throw new IllegalArgumentException("no head size in " + kernel);
  }
}

package puzzle.model;

/** One half of a decoder layer, with its norm and its residual path. */
public enum Subblock {
  ATTENTION,
  FFN
}

/**
 * Corpora and tokenizers: text in, packed fixed-length sequences of token ids out, the same ones
 * for the same seed.
 */
package puzzle.engine.data;

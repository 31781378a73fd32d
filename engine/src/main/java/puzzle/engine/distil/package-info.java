/**
 * Blockwise local distillation (Puzzle, section 3): the tape of the parent's activations, and the
 * training of one variant against it. Depends on {@code nn}, {@code surgery} and {@code
 * checkpoint}.
 */
package puzzle.engine.distil;

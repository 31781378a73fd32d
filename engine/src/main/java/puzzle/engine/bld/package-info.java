/**
 * Blockwise local distillation (Puzzle, section 3): the training of one variant, or of a block's
 * two halves together, against the recorded states of the parent. Depends on {@code recording},
 * {@code surgery} and {@code nn}.
 */
package puzzle.engine.bld;

/**
 * Training-free initialisation of variants from the parent's weights (Puzzle, appendix A). Depends
 * on {@code nn}.
 */
package puzzle.engine.surgery;

/**
 * Scores (Puzzle, section 4.2): how far the model's predictions move from the parent's when one
 * block, or all of them, are replaced. Depends on {@code nn} and on the recording of {@code
 * distil}.
 */
package puzzle.engine.score;

/**
 * Scores (Puzzle, section 4.2): how far the model's predictions move from the parent's when one
 * block, or all of them, are replaced. Depends on {@code nn} and on {@code recording}.
 */
package puzzle.engine.score;

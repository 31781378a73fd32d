/**
 * Global knowledge distillation, GKD (Puzzle, section 4.3): the assembled child is trained against
 * the parent. Depends on {@code nn}, {@code recording} for the tokens, and {@code store}.
 */
package puzzle.engine.gkd;

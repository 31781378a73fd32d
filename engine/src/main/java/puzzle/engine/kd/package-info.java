/**
 * Global knowledge distillation (Puzzle, section 4.3): the assembled child is healed against the
 * parent. Depends on {@code nn}, {@code distil} for the recorded tokens, and {@code checkpoint}.
 */
package puzzle.engine.kd;

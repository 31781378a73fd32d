/**
 * Chooses one block per layer (appendix B): a multiple-choice knapsack with side rows, solved
 * inside Choco with a linear-relaxation propagator, anytime with a certified bound, and re-solved
 * as scores arrive.
 *
 * <p>{@link puzzle.engine.solve.ArchitectureSolver} is the way in. Everything here works on layers,
 * items, scores, costs and rows; nothing knows of actors, tensors or files of other tools (those
 * are read in {@code puzzle.engine.tables}). A solver belongs to one thread at a time.
 */
package puzzle.engine.solve;

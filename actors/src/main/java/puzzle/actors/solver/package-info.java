/**
 * The solver as an actor: folds scores and costs as they arrive, asks {@code puzzle.engine.solve}
 * for the best architecture, and says what caused each change. {@link
 * puzzle.actors.solver.ScoreTable} and {@link puzzle.actors.solver.TargetRows} translate between
 * the search's words and the solver's.
 */
package puzzle.actors.solver;

/**
 * What uses the solver, rather than being part of it: the simple ways of choosing that it is
 * compared with (appendix B, tables 12 to 15), families of solves (diverse solutions, Pareto
 * fronts), and the replay of a scored library, which also tells what to score next and when to
 * stop. Sees {@code puzzle.engine.solve} as any other caller does.
 */
package puzzle.engine.solve.studies;

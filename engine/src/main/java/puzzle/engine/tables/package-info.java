/**
 * Reads tables of costs and scores: the solver's own instances, the paper's demonstration library,
 * puzzletron's statistics, and CSV, each by one reader, for the solver and for cost profiles. What
 * is malformed, missing or infinite is refused with file and place before anything is solved; a row
 * of an unknown kind or with a negative measurement is left out and named.
 *
 * <p>Sees {@code puzzle.engine.json} and {@code puzzle.engine.solve}, no tensors.
 */
package puzzle.engine.tables;

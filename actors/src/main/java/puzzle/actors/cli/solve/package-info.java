/**
 * {@code puzzle solve}: the solver on a table from a file, with no run and no tensors. Stands on
 * {@code puzzle.engine.solve}.
 */
package puzzle.actors.cli.solve;

/**
 * {@code puzzle profile}: costs of subblocks on a GPU by model or table, or measured on this
 * machine. Stands on {@code puzzle.engine.profile}.
 */
package puzzle.actors.cli.profile;

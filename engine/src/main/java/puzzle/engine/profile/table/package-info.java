/**
 * Costs of whole subblocks that were measured elsewhere (section 4.1): read strictly, kept with
 * their source, and put before a model where they cover what is asked.
 *
 * <p>Every reader produces {@link puzzle.engine.profile.table.CostRow}s; {@link
 * puzzle.engine.profile.table.CostTable} keeps one value per question and {@link
 * puzzle.engine.profile.table.CostTableProfile} answers from it.
 */
package puzzle.engine.profile.table;

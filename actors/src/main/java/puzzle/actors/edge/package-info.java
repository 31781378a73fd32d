/**
 * What all ways into a run from outside share: the JSON that another system sends, read and checked
 * field by field, and {@link puzzle.actors.edge.Refusal}, which says what is wrong with it. {@code
 * http} and {@code kafka} stand on this package and not on each other. Depends on {@code feed} for
 * what is read and on the entities for what is changed.
 */
package puzzle.actors.edge;

/**
 * The facts of a search and what they add up to: events of runs, blocks and distillations, and the
 * immutable states they fold into. No actor lives here, so a journal can be read and tested without
 * an actor system.
 *
 * <p>The class name of an event is its name in the journal: an event class is never moved or
 * renamed, only added to. Fields that older journals lack arrive as null, 0 or empty, and the
 * compact constructors make them good.
 */
package puzzle.persistence;

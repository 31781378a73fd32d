/**
 * The drill: a small real search on nodes that are processes of their own, killed without warning
 * at random moments, and held against the same search undisturbed. It looks at the nodes from
 * outside: at their logs, at the journal, at what lies in the run's folder.
 */
package puzzle.actors.drill;

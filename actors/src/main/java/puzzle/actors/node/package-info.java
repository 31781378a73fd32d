/** One JVM: starts what its roles ask for and tells actors where the others are. */
package puzzle.actors.node;

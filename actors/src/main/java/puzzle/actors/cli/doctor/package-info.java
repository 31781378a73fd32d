/**
 * {@code puzzle doctor}: check that this machine has what a run needs, one check after the other.
 */
package puzzle.actors.cli.doctor;

/**
 * The command line. {@link puzzle.actors.cli.PuzzleCli} lists all commands; here are those that
 * work on one run or one model, in {@code cluster} those that start or ask nodes, in {@code
 * profile}, {@code solve} and {@code doctor} the commands of that name. Below them all lies {@code
 * console}. Results go to standard output, progress and complaints to standard error. The only
 * packages of this module, beside {@code runfile} and {@code drill}, that see the inside of the
 * engine.
 */
package puzzle.actors.cli;

/**
 * The command line: one class per subcommand, registered in {@link puzzle.actors.cli.PuzzleCli}.
 * Results go to standard output, progress and complaints to standard error.
 */
package puzzle.actors.cli;

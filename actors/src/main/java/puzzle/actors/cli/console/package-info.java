/**
 * What commands share: exit codes, the form of their output, the complaint about a failure, the
 * progress of a run on the terminal, the installed engine. Imports no command.
 */
package puzzle.actors.cli.console;

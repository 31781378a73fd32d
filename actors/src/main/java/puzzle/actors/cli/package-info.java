/** The command line: what people and scripts call. */
package puzzle.actors.cli;

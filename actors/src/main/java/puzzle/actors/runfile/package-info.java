/**
 * The run file: YAML in, {@link puzzle.model.RunSpec} out, every default filled in. Hostile input:
 * whatever is wrong is named with its line and column, and nothing of the file is ever executed,
 * expanded or followed.
 */
package puzzle.actors.runfile;

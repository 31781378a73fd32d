/**
 * The run file: YAML in, {@link puzzle.model.RunSpec} out, every default filled in. Hostile input:
 * whatever is wrong is named with its line and column, and nothing of the file is ever executed,
 * expanded or followed.
 *
 * <p>Every section is a list of its keys ({@link puzzle.actors.runfile.Section}), from which it is
 * read, written back and described: the JSON Schema and {@code docs/run-file.md} are printed. The
 * defaults are those of {@link puzzle.model.RunDraft}.
 */
package puzzle.actors.runfile;

/**
 * JSON files from outside, read as hostile input: bounded in size and depth, no repeated fields,
 * and errors that name the file, the place and the value.
 */
package puzzle.engine.json;

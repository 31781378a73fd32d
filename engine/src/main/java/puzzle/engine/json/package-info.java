/**
 * JSON from outside, read as hostile input: bounded in size and depth, no field named twice,
 * nothing after the value, and errors that name the file, the place and the value. Depends on
 * {@code puzzle.model} alone.
 */
package puzzle.engine.json;

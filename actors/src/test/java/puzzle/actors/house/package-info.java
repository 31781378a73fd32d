/** The plan of the house as a test: which package may see which, names, lengths of files. */
package puzzle.actors.house;

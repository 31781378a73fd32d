/**
 * Trains a small parent from nothing: the tiny Llama that ships with the project, or any other
 * small enough for the machine. Not part of Puzzle itself, which starts from a trained parent.
 */
package puzzle.engine.pretrain;

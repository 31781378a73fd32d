/**
 * Reads solver tables from files: the solver's own instance format, the paper's demonstration
 * library, puzzletron's statistics, and CSV. Every reader is strict: what is malformed, missing,
 * infinite or negative is refused with file and place, before anything is solved.
 */
package puzzle.engine.solve.files;

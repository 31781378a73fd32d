/**
 * A run's folder of artefacts, addressed by path and SHA-256. A file is visible whole or not at
 * all, whatever dies while it is written.
 */
package puzzle.engine.store;

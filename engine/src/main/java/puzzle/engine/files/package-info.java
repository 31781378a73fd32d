/**
 * Files written so that nobody ever sees half of one, what it means when a file cannot be written,
 * and checksums of folders. Depends on nothing else of the engine but {@code json}.
 */
package puzzle.engine.files;

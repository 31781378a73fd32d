/**
 * The engine's roof: runs each kind of {@link puzzle.model.Task} on one device with the packages
 * below. Nothing in the engine depends on it.
 */
package puzzle.engine.tasks;

/**
 * Devices without tensors, so that the real actors can be run at the size of a data centre on one
 * machine, or through thousands of accidents in a minute. {@link
 * puzzle.actors.simulation.SimulatedDevice} stands where a device's thread stands, {@link
 * puzzle.actors.simulation.SimulatedResults} where the engine does. Nothing else is replaced.
 */
package puzzle.actors.simulation;

/**
 * What a search will take before anything runs: passes over the model counted task by task, and the
 * time of a pass taken from a hardware profile or from a short measurement.
 *
 * <p>Depends on {@code puzzle.engine.profile}; only the command line depends on it.
 */
package puzzle.engine.plan;

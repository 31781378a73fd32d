/**
 * What a block costs on the hardware the child will be served on (section 4.1).
 *
 * <p>{@link puzzle.engine.profile.HardwareProfile} answers for any variant and workload, whether
 * the answer was read from a table or computed by a model of the hardware; every {@link
 * puzzle.engine.profile.Estimate} says which, how far it may be off and whether it was
 * extrapolated. {@link puzzle.engine.profile.LiveProfiler} measures on the device at hand. {@link
 * puzzle.engine.profile.ThroughputModel} and {@link puzzle.engine.profile.MemoryModel} turn block
 * costs into what a server delivers. {@code hopper} holds the H100 and H200, {@code table} costs
 * that were measured elsewhere. Depends on {@code nn}, for the live measurement alone on its
 * tensors, and never on the solver.
 */
package puzzle.engine.profile;

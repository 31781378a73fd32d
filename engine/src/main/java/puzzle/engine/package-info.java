/**
 * All that actors see of the engine: {@link puzzle.engine.BlockEngine} runs tasks on a device,
 * {@code puzzle.engine.solve} chooses architectures. Plain values in, plain values out; no tensor
 * leaves this module.
 */
package puzzle.engine;

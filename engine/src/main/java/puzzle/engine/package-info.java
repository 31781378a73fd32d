/**
 * How actors reach the engine: {@link puzzle.engine.BlockEngine} runs tasks on a device, {@link
 * puzzle.engine.EngineFactory} opens one. Plain values in, plain values out; no tensor leaves this
 * module.
 */
package puzzle.engine;

/**
 * Files in and out: safetensors, Hugging Face folders, {@code nemotron-nas} children, the run's
 * store with its SHA-256 references. Every input is hostile; no output is visible before it is
 * whole. No tensor library here: weights are buffers.
 */
package puzzle.engine.checkpoint;

/**
 * Hugging Face folders in and out: {@code config.json} of the supported families, {@code
 * nemotron-nas} and {@code anymodel} children, model cards, and which servers can run a child. No
 * tensor library: weights are buffers. Depends on {@code decoder}, {@code safetensors} and {@code
 * store}.
 */
package puzzle.engine.huggingface;

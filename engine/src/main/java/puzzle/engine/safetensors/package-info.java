/**
 * The safetensors format: headers read as hostile input, tensors memory-mapped one at a time, files
 * written a tensor at a time. No tensor library: values are buffers.
 */
package puzzle.engine.safetensors;

/**
 * The decoder as plain functions over named weights, and the small layer of tensor operations under
 * it that hides DJL's unsafe overloads. Depends on {@code decoder} for shapes and on {@code
 * safetensors} for element types.
 */
package puzzle.engine.nn;

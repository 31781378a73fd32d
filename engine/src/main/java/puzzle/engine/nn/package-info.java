/**
 * The decoder as plain functions over named weights, and the small layer of tensor operations under
 * it that hides DJL's unsafe overloads. Depends on {@code checkpoint} for weights, on nothing else.
 */
package puzzle.engine.nn;

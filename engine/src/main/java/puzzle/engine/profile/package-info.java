/**
 * What a variant costs (Puzzle, section 4.1): measured live on a device, read from tables, or
 * computed by a model of the hardware. Depends on {@code nn} for the live measurement.
 */
package puzzle.engine.profile;

/**
 * H100 and H200: laws of the kernels a decoder is made of, the constants fitted to measured kernel
 * times, and the sum over kernels that is a subblock's cost (section 4.1).
 *
 * <p>A {@link puzzle.engine.profile.hopper.KernelLaw} is physics with a handful of constants; a
 * {@link puzzle.engine.profile.hopper.LogSurface} corrects what the physics leaves; {@link
 * puzzle.engine.profile.hopper.KernelTable} answers with measured times instead of both if its
 * table covers the shape.
 */
package puzzle.engine.profile.hopper;

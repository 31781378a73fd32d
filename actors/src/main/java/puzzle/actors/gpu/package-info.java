/**
 * Devices and the pool that feeds them. {@link puzzle.actors.gpu.GpuPoolActor} matches offers to
 * free devices, {@link puzzle.actors.gpu.GpuActor} runs one attempt at a time on one device.
 * Neither decides whether a task is tried again.
 */
package puzzle.actors.gpu;

/**
 * Devices and the pool that feeds them. {@link puzzle.actors.gpu.GpuPoolActor} matches offers to
 * free devices, {@link puzzle.actors.gpu.GpuActor} runs one attempt at a time on one device, {@link
 * puzzle.actors.gpu.RemoteGpuActor} stands for a worker in another process. None of them decides
 * whether a task is tried again.
 */
package puzzle.actors.gpu;

package puzzle.engine.profile.hopper;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measured times of one kernel family on one kind of hardware: per kernel a list of shapes with
 * microseconds. The names of kernels are those of {@link KernelKey}, the shapes those of the laws.
 */
public final class KernelSamples {

  /** One measurement. */
  public record Sample(double[] shape, double micros) {}

  private final Map<String, List<Sample>> byKernel = new TreeMap<>();

  void add(String kernel, double micros, double... shape) {
    byKernel.computeIfAbsent(kernel, k -> new ArrayList<>()).add(new Sample(shape, micros));
  }

  public void addAll(KernelSamples other) {
    other.byKernel.forEach(
        (kernel, samples) ->
            byKernel.computeIfAbsent(kernel, k -> new ArrayList<>()).addAll(samples));
  }

  /** Kernel names, sorted. */
  public List<String> kernels() {
    return List.copyOf(byKernel.keySet());
  }

  public List<Sample> of(String kernel) {
    return byKernel.getOrDefault(kernel, List.of());
  }

  public int size() {
    return byKernel.values().stream().mapToInt(List::size).sum();
  }
}

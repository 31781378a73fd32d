package puzzle.engine.plan;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.Predicate;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.files.Folders;
import puzzle.engine.machine.HostMemory;
import puzzle.model.InvalidInputException;
import puzzle.model.Phase;
import puzzle.model.Precision;
import puzzle.model.RunSpec;

/**
 * Whether a search can be done with the memory and disk there are. What cannot is refused before it
 * starts, with one message: the phase, what it needs, what there is, and a key of the run file with
 * a value that would do.
 *
 * @param computesIn BF16 or FP32
 * @param diskBytes free where the store is, what the run has written there already included
 * @param devices of the process
 */
public record Fit(
    DecoderConfig model, HostMemory memory, Precision computesIn, double diskBytes, int devices) {

  /** On this machine. */
  public static Fit here(RunSpec spec, DecoderConfig model, Precision computesIn, int devices) {
    Path store = Path.of(spec.store());
    Path there = store;
    while (there.getParent() != null && !Files.exists(there)) {
      there = there.getParent();
    }
    double written = Files.exists(store) ? Folders.bytes(store) : 0;
    return new Fit(
        model, HostMemory.here(), computesIn, there.toFile().getUsableSpace() + written, devices);
  }

  /**
   * @throws InvalidInputException if the search cannot be done
   */
  public void require(RunSpec spec) {
    Needs needs = needs(spec);
    long budget = spec.bld().safeguards().tapeBytes();
    double least = needs.leastTapesBytes();
    if (budget > 0 && budget < least) {
      throw new InvalidInputException(
          "record: training reads the states of two layers, %s, and bld.tapeBudget keeps %s.%nMaybe bld.tapeBudget: %s."
              .formatted(Sizes.of(least), Sizes.of(budget), Sizes.atLeast(least)));
    }
    for (Phase phase : Needs.PHASES) {
      double bytes = needs.memoryBytes(phase, devices);
      if (bytes > memory.bytes()) {
        throw new InvalidInputException(
            "%s: needs %s of memory on %d device(s), there are %s (%s).%nMaybe %s."
                .formatted(
                    phase.label(),
                    Sizes.of(bytes),
                    devices,
                    Sizes.of(memory.bytes()),
                    memory.source(),
                    Remedies.ofMemory(spec, phase, devices)
                        .first(r -> fits(r, phase))
                        .orElse("a machine with " + Sizes.atLeast(bytes) + " of memory")));
      }
    }
    if (needs.diskBytes() > diskBytes) {
      Phase most =
          Needs.PHASES.stream()
              .max(Comparator.comparingDouble(phase -> needs.of(phase).diskBytes()))
              .orElseThrow();
      Predicate<Remedies.Remedy> fits = r -> needs(r.spec()).diskBytes() <= diskBytes;
      throw new InvalidInputException(
          "%s: needs %s of disk, the whole run %s; free are %s at %s.%nMaybe %s."
              .formatted(
                  most.label(),
                  Sizes.of(needs.of(most).diskBytes()),
                  Sizes.of(needs.diskBytes()),
                  Sizes.of(diskBytes),
                  spec.store(),
                  Remedies.ofDisk(spec, needs, diskBytes)
                      .first(fits)
                      .orElse("a store with " + Sizes.atLeast(needs.diskBytes()) + " free")));
    }
  }

  private boolean fits(Remedies.Remedy remedy, Phase phase) {
    return needs(remedy.spec()).memoryBytes(phase, remedy.devices()) <= memory.bytes();
  }

  private Needs needs(RunSpec spec) {
    return new Needs(spec, model, memory, computesIn);
  }
}

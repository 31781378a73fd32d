package puzzle.engine.profile.hopper;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.profile.Estimate;
import puzzle.engine.profile.HardwareProfile;
import puzzle.model.Architecture;
import puzzle.model.BlockCost;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.TaskResult.Measured;
import puzzle.model.TaskResult.Profiled;
import puzzle.model.TaskResult.VariantCost;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Answers a run's questions about cost from a hardware profile instead of a device, so that a
 * search for hardware that is not here runs on the machine that is (section 4.1). Needs the
 * parent's config alone, and says of every answer where it comes from and how far to trust it.
 */
public record ProfiledCosts(HardwareProfile profile, DecoderConfig model) {

  /** Costs of a run's parent on the hardware its target names. */
  public static ProfiledCosts of(RunSpec spec) {
    return new ProfiledCosts(
        HardwareProfiles.named(spec.target().hardware()),
        HuggingFaceConfig.read(Path.of(spec.parent())));
  }

  /**
   * Costs of every variant of the space, and of what lies outside the layers.
   *
   * @throws puzzle.model.InvalidInputException if the hardware cannot serve the workload
   */
  public Profiled profile(SearchSpace space, Workload workload) {
    Estimate fixed = profile.fixed(model, workload);
    Set<String> notes = new LinkedHashSet<>(fixed.notes());
    List<VariantCost> variants = new ArrayList<>();
    for (Variant variant : space.variants()) {
      Estimate estimate = profile.cost(model, variant, workload);
      notes.addAll(estimate.notes());
      variants.add(new VariantCost(variant, estimate.cost(), estimate.uncertainty()));
    }
    return new Profiled(workload, variants, fixed.cost(), source(fixed, workload, notes));
  }

  /** Speeds of whole models: their blocks and the fixed part, added up. */
  public Measured measure(List<Architecture> architectures, Workload workload) {
    List<BlockCost> models = new ArrayList<>();
    Set<String> notes = new LinkedHashSet<>();
    for (Architecture architecture : architectures) {
      Estimate total = profile.total(model.with(architecture), workload);
      notes.addAll(total.notes());
      models.add(total.cost());
    }
    return new Measured(workload, models, source(profile.fixed(model, workload), workload, notes));
  }

  private String source(Estimate fixed, Workload workload, Set<String> notes) {
    String certainty =
        "%s, throughput within %.0f %% nine times in ten"
            .formatted(fixed.source(), 100 * profile.throughputUncertainty(model, workload));
    if (notes.isEmpty()) {
      return certainty;
    }
    String first = notes.iterator().next();
    return notes.size() == 1
        ? certainty + "; extrapolated: " + first
        : String.format(
            Locale.ROOT, "%s; extrapolated: %s, and %d more", certainty, first, notes.size() - 1);
  }
}

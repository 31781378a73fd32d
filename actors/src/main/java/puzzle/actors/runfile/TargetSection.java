package puzzle.actors.runfile;

import static puzzle.actors.runfile.Values.whole;

import java.util.List;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.model.DType;
import puzzle.model.Limit;
import puzzle.model.Target;
import puzzle.model.Workload;

/**
 * The section {@code target}: hardware, and either one workload with its limits or a list of such
 * goals. What a workload may be depends on the hardware, so one of these reads one target.
 */
final class TargetSection {

  private String hardware = Target.LOCAL;

  static Target read(YamlTree tree) {
    return new TargetSection().section().read(tree);
  }

  private static final class Draft {
    private List<Target.Goal> goals;
    private Workload workload;
    private List<Limit> limits = List.of();
  }

  private static final class WorkloadDraft {
    private int batch;
    private int prefill;
    private int generate;
    private DType weights;
    private DType kvCache;
    private int tensorParallel = 1;
  }

  Section<Target, ?> section() {
    return new Section<Target, Draft>(
            "What the child is to be served on, with which workloads, within which limits.",
            Draft::new,
            d ->
                new Target(
                    hardware,
                    d.goals != null ? d.goals : List.of(new Target.Goal(d.workload, d.limits))))
        .either("goals", "workload")
        .key(
            "hardware",
            Values.text("`local` or the name of a hardware profile", this::hardware),
            Target::hardware,
            (d, v) -> hardware = v)
        .means("local is measured here; h100 and h200 are modelled.")
        .usually(Target.LOCAL)
        .key(
            "goals",
            Values.list(goal(), "list of sections with `workload` and `limits`"),
            Target::goals,
            (d, v) -> d.goals = v)
        .means("Several workloads, each with limits of its own.")
        .key("workload", workload(), t -> null, (d, v) -> d.workload = v)
        .means("The only workload.")
        .key("limits", LimitsSection.SECTION, t -> null, (d, v) -> d.limits = v)
        .means("With the only workload.")
        .otherwise("no limit");
  }

  private Section<Target.Goal, ?> goal() {
    return new Section<Target.Goal, Draft>(
            "One workload with its limits.", Draft::new, d -> new Target.Goal(d.workload, d.limits))
        .key("workload", workload(), Target.Goal::workload, (d, v) -> d.workload = v)
        .required()
        .key("limits", LimitsSection.SECTION, Target.Goal::limits, (d, v) -> d.limits = v);
  }

  private Section<Workload, ?> workload() {
    Value<DType> type = Values.checked(Values.choice("element type", DType.class), this::served);
    return new Section<Workload, WorkloadDraft>(
            "What the child will have to do.", WorkloadDraft::new, this::workload)
        .key("batch", whole(1, 1 << 20), Workload::batch, (d, v) -> d.batch = v)
        .required()
        .means("sequences", "Sequences at once.")
        .key("prefill", whole(1, 1 << 24), Workload::prefillTokens, (d, v) -> d.prefill = v)
        .required()
        .means("tokens", "Tokens of each prompt.")
        .key("generate", whole(1, 1 << 24), Workload::generationTokens, (d, v) -> d.generate = v)
        .required()
        .means("tokens", "Tokens generated after each prompt.")
        .key("weights", type, Workload::weights, (d, v) -> d.weights = v)
        .means("Element type of the weights.")
        .otherwise("`fp32` with local, else `bf16`")
        .key("kvCache", type, Workload::kvCache, (d, v) -> d.kvCache = v)
        .means("Element type of the KV cache.")
        .otherwise("`fp32` with local, else `bf16`")
        .key("tensorParallel", whole(1), Workload::tensorParallel, (d, v) -> d.tensorParallel = v)
        .means("devices", "Devices that one layer is spread over.")
        .usually(new WorkloadDraft().tensorParallel);
  }

  private Workload workload(WorkloadDraft d) {
    DType usual = hardware.equals(Target.LOCAL) ? DType.FP32 : DType.BF16;
    return new Workload(
        d.batch,
        d.prefill,
        d.generate,
        d.weights == null ? usual : d.weights,
        d.kvCache == null ? usual : d.kvCache,
        d.tensorParallel);
  }

  /** Its short name, so that the same hardware under two names is the same run. */
  private String hardware(YamlTree named) {
    return named.text().equals(Target.LOCAL)
        ? Target.LOCAL
        : named.checked(() -> HardwareProfiles.hardware(named.text()).name());
  }

  /** On hardware with a profile, a type the profile knows. */
  private void served(DType type) {
    if (!hardware.equals(Target.LOCAL)) {
      HardwareProfiles.hardware(hardware).flops(type);
    }
  }
}

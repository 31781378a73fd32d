package puzzle.actors.runfile;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import puzzle.model.InvalidInputException;
import puzzle.model.Limit;
import puzzle.model.Target;

/** A target given apart from a run file, or a change of one. */
public final class TargetChange {

  private TargetChange() {}

  /**
   * Reads what stands under {@code target} in a run file.
   *
   * @throws InvalidInputException with file, line and column
   */
  public static Target read(Path file) {
    YamlTree tree = YamlTree.read(file);
    return TargetSection.read(tree.fields().getOrDefault("target", tree));
  }

  /**
   * The same workloads with these limits, instead of those of the first workload.
   *
   * @param limits {@code throughput: 2.0 x parent}
   */
  public static Target limited(Target target, List<String> limits) {
    List<Limit> read = new ArrayList<>();
    for (String text : limits) {
      read.addAll(LimitsSection.SECTION.read(YamlTree.parse(Path.of("--limit"), text)));
    }
    List<Target.Goal> goals = new ArrayList<>(target.goals());
    goals.set(0, new Target.Goal(goals.get(0).workload(), read));
    return new Target(target.hardware(), goals);
  }
}

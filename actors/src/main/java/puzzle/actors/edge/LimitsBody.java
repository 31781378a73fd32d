package puzzle.actors.edge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import puzzle.model.Limit;
import puzzle.model.Target;

/** Limits as other programs write them; they replace all limits a target has. */
public final class LimitsBody {

  private static final Set<String> FIELDS = Set.of("workload", "stat", "value", "times_parent");

  private static final List<String> STATS =
      Arrays.stream(Limit.Stat.values()).map(m -> m.name().toLowerCase(Locale.ROOT)).toList();

  private static final int MOST = 64;

  private LimitsBody() {}

  /**
   * The target with the limits in {@code body.limits}.
   *
   * @param body {@code {"limits": [{"stat": "throughput", "value": 1.5, "times_parent": true}]}}
   */
  public static Target read(JsonNode body, Target target) {
    JsonBody whole = new JsonBody("", body);
    whole.only(Set.of("limits"));
    if (!whole.has("limits")) {
      throw Refusal.at("/limits", "nothing", "is not a list", "Maybe {\"limits\": [...]}.");
    }
    List<List<Limit>> byGoal = new ArrayList<>();
    target.goals().forEach(g -> byGoal.add(new ArrayList<>()));
    List<String> names = target.goals().stream().map(g -> g.workload().name()).toList();
    for (JsonBody one : whole.list("limits", MOST)) {
      one.only(FIELDS);
      byGoal.get(one.node().has("workload") ? one.oneOf("workload", names) : 0).add(limit(one));
    }
    List<Target.Goal> goals = new ArrayList<>();
    for (int g = 0; g < target.goals().size(); g++) {
      goals.add(new Target.Goal(target.goals().get(g).workload(), byGoal.get(g)));
    }
    return new Target(target.hardware(), goals);
  }

  private static Limit limit(JsonBody one) {
    Limit.Stat stat = Limit.Stat.values()[one.oneOf("stat", STATS)];
    double value = one.number("value", Double.MIN_VALUE);
    return new Limit(stat, value, one.node().has("times_parent") && one.flag("times_parent"));
  }
}

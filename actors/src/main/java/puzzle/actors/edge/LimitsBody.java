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

  private LimitsBody() {}

  /**
   * The target with the limits in {@code body.limits}.
   *
   * @param body {@code {"limits": [{"stat": "throughput", "value": 1.5, "times_parent": true}]}}
   */
  public static Target read(JsonNode body, Target target) {
    JsonNode list = body.path("limits");
    if (!body.isObject() || !list.isArray()) {
      throw Refusal.at("/limits", list, "is not a list of limits", "Maybe {\"limits\": [...]}.");
    }
    body.fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.equals("limits")) {
                throw Refusal.at("/" + name, name, "is not known", "Maybe limits was meant.");
              }
            });
    if (list.size() > 64) {
      throw Refusal.at("/limits", list.size(), "limits are too many", "Maybe up to 64.");
    }
    List<List<Limit>> byGoal = new ArrayList<>();
    target.goals().forEach(g -> byGoal.add(new ArrayList<>()));
    for (int i = 0; i < list.size(); i++) {
      String at = "/limits/" + i;
      JsonNode one = list.get(i);
      if (!one.isObject()) {
        throw Refusal.at(at, one, "is not a limit", "Maybe an object with stat and value.");
      }
      one.fieldNames()
          .forEachRemaining(
              name -> {
                if (!FIELDS.contains(name)) {
                  throw Refusal.at(at + "/" + name, name, "is not known", "Maybe one of " + FIELDS);
                }
              });
      byGoal.get(goal(one.path("workload"), at, target)).add(limit(one, at));
    }
    List<Target.Goal> goals = new ArrayList<>();
    for (int g = 0; g < target.goals().size(); g++) {
      goals.add(new Target.Goal(target.goals().get(g).workload(), byGoal.get(g)));
    }
    return new Target(target.hardware(), goals);
  }

  private static int goal(JsonNode workload, String at, Target target) {
    if (workload.isMissingNode()) {
      return 0;
    }
    List<String> names = target.goals().stream().map(g -> g.workload().name()).toList();
    int goal = workload.isTextual() ? names.indexOf(workload.textValue()) : -1;
    if (goal < 0) {
      throw Refusal.at(at + "/workload", workload, "is not known", "Maybe one of " + names + ".");
    }
    return goal;
  }

  private static Limit limit(JsonNode one, String at) {
    JsonNode stat = one.path("stat");
    JsonNode value = one.path("value");
    JsonNode times = one.path("times_parent");
    List<String> names =
        Arrays.stream(Limit.Stat.values()).map(m -> m.name().toLowerCase(Locale.ROOT)).toList();
    int index = stat.isTextual() ? names.indexOf(stat.textValue()) : -1;
    if (index < 0) {
      throw Refusal.at(at + "/stat", stat, "is not known", "Maybe one of " + names + ".");
    }
    if (!value.isNumber() || !(value.doubleValue() > 0) || Double.isInfinite(value.doubleValue())) {
      throw Refusal.at(at + "/value", value, "is not a positive number", null);
    }
    if (!times.isMissingNode() && !times.isBoolean()) {
      throw Refusal.at(at + "/times_parent", times, "is neither true nor false", null);
    }
    return new Limit(Limit.Stat.values()[index], value.doubleValue(), times.asBoolean(false));
  }
}

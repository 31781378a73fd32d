package puzzle.actors.runfile;

import java.util.ArrayList;
import java.util.List;
import puzzle.model.Limit;

/** The section {@code limits} of a goal: a key for each stat that can be limited. */
final class LimitsSection {

  static final Section<List<Limit>, List<Limit>> SECTION = section();

  private LimitsSection() {}

  private static Section<List<Limit>, List<Limit>> section() {
    Section<List<Limit>, List<Limit>> section =
        new Section<>("What the child must keep to.", ArrayList::new, List::copyOf);
    for (Limit.Stat stat : Limit.Stat.values()) {
      section
          .key(key(stat), Quantity.limit(stat), all -> find(all, stat), List::add)
          .means(unit(stat), meaning(stat))
          .otherwise("no limit");
    }
    return section;
  }

  private static Limit find(List<Limit> limits, Limit.Stat stat) {
    return limits.stream().filter(l -> l.stat() == stat).findFirst().orElse(null);
  }

  /** {@code timeToFirstToken}. */
  private static String key(Limit.Stat stat) {
    StringBuilder key = new StringBuilder();
    for (String word : Values.spelt(stat).split("-")) {
      key.append(key.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return key.toString();
  }

  private static String unit(Limit.Stat stat) {
    return switch (stat) {
      case MEMORY -> "bytes";
      case THROUGHPUT -> "tokens/s";
      case LATENCY, TIME_TO_FIRST_TOKEN -> "seconds";
      case PARAMETERS -> "parameters";
    };
  }

  private static String meaning(Limit.Stat stat) {
    return switch (stat) {
      case MEMORY -> "Weights and KV cache, at most.";
      case THROUGHPUT -> "Generated tokens per second over the whole workload, at least.";
      case LATENCY -> "The whole workload, at most.";
      case TIME_TO_FIRST_TOKEN -> "The prompts alone, at most.";
      case PARAMETERS -> "Parameters, at most.";
    };
  }
}

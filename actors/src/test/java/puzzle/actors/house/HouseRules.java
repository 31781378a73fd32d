package puzzle.actors.house;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * What may depend on what. Every rule takes Java files and says what in them breaks it; the
 * documents (CONTRIBUTING.md, docs/architecture.md) promise these rules and no others.
 *
 * <p>A place is a package ({@code puzzle.model}), a package with all below it ({@code
 * puzzle.engine..}) or one class ({@code puzzle.model.InvalidInputException}).
 */
final class HouseRules {

  private static final int MOST_LINES = 400;
  private static final int MOST_LINES_OF_AN_ACTOR = 330;
  private static final int MOST_LEVELS = 4;
  private static final Set<String> EMPTY_WORDS =
      Set.of("util", "utils", "common", "impl", "helper", "helpers", "manager", "service", "misc");

  /** Packages that compute with tensors. The rest of the engine is plain Java. */
  private static final String[] TENSORS = {
    "puzzle.engine.bld",
    "puzzle.engine.data",
    "puzzle.engine.gkd",
    "puzzle.engine.nn",
    "puzzle.engine.pretrain",
    "puzzle.engine.profile",
    "puzzle.engine.recording",
    "puzzle.engine.score",
    "puzzle.engine.surgery",
    "puzzle.engine.tasks"
  };

  /** What each package of the actors sees of the engine; one that is not listed sees nothing. */
  private static final Map<String, List<String>> OF_THE_ENGINE =
      Map.of(
          "puzzle.actors.work", List.of("puzzle.engine"),
          "puzzle.actors.gpu", List.of("puzzle.engine"),
          "puzzle.actors.solver", List.of("puzzle.engine.solve.."),
          "puzzle.actors.node", List.of("puzzle.engine", "puzzle.engine.solve"),
          "puzzle.actors.edge", List.of("puzzle.engine", "puzzle.engine.store"),
          "puzzle.actors.http", List.of("puzzle.engine.store", "puzzle.engine.files"),
          "puzzle.actors.runfile",
              List.of("puzzle.engine", "puzzle.engine.profile.hopper", "puzzle.engine.score"),
          "puzzle.actors.drill", List.of("puzzle.engine", "puzzle.engine.huggingface"));

  private HouseRules() {}

  /** All rules by name. */
  static Map<String, Function<List<JavaFile>, List<String>>> all() {
    Map<String, Function<List<JavaFile>, List<String>>> rules = new LinkedHashMap<>();
    rules.put("no package circle in a module", HouseRules::circles);
    rules.put(
        "the solver sees nothing of the rest of the house but how to refuse an input",
        only(
            "puzzle.engine.solve..",
            "puzzle..",
            "puzzle.engine.solve..",
            "puzzle.model.InvalidInputException"));
    rules.put("tensors stay in the packages that compute", behind("ai.djl..", TENSORS));
    rules.put("Choco stays in the solver", behind("org.chocosolver..", "puzzle.engine.solve"));
    rules.put("the engine has no actors", only("puzzle.engine..", "org.apache.pekko.."));
    rules.put(
        "each package of the actors sees of the engine what is listed", HouseRules::engineSeen);
    rules.put(
        "the model is plain values with annotations for JSON",
        only("puzzle.model", "..", "java..", "puzzle.model", "com.fasterxml.jackson.annotation"));
    rules.put(
        "messages stand on the model and on references to actors",
        only(
            "puzzle.protocol",
            "..",
            "java..",
            "puzzle.model",
            "puzzle.protocol",
            "org.apache.pekko.actor.typed",
            "org.apache.pekko.actor.NoSerializationVerificationNeeded",
            "com.fasterxml.jackson.annotation"));
    rules.put(
        "the journal sees neither engine nor actors",
        only(
            "puzzle.persistence..",
            "puzzle..",
            "puzzle.persistence..",
            "puzzle.model",
            "puzzle.protocol"));
    rules.put("HTTP stays in its package", behind("org.apache.pekko.http..", "puzzle.actors.http"));
    rules.put(
        "Kafka stays in its package",
        behind(
            List.of("org.apache.kafka..", "org.apache.pekko.kafka..", "io.cloudevents.."),
            "puzzle.actors.kafka"));
    rules.put("options stay in the command line", behind("picocli..", "puzzle.actors.cli.."));
    rules.put(
        "no actor waits for an answer",
        behind(
            "org.apache.pekko.actor.typed.javadsl.AskPattern",
            "puzzle.actors.node",
            "puzzle.actors.feed.RunFeed",
            "puzzle.actors.feed.Inbound",
            "puzzle.actors.http.WorkerEndpoints"));
    rules.put("two classes of a module have two names", HouseRules::namesakes);
    rules.put(
        "no class is spelt out with its package unless its name is taken", HouseRules::speltOut);
    rules.put("no file has more than 400 lines, no actor more than 330", HouseRules::tooLong);
    rules.put("no package is deeper than four levels or named for nothing", HouseRules::packages);
    return rules;
  }

  /** In a place, of everything inside a second place only what lies in the others is seen. */
  private static Function<List<JavaFile>, List<String>> only(
      String place, String of, String... allowed) {
    return files -> {
      List<String> broken = new ArrayList<>();
      for (JavaFile file : files) {
        if (within(place, file.fullName())) {
          for (String seen : file.sees()) {
            if (within(of, seen) && !within(List.of(allowed), seen)) {
              broken.add(file.fullName() + " sees " + seen);
            }
          }
        }
      }
      return broken;
    };
  }

  /** A library is seen in these places alone. */
  private static Function<List<JavaFile>, List<String>> behind(String library, String... places) {
    return behind(List.of(library), places);
  }

  private static Function<List<JavaFile>, List<String>> behind(
      List<String> libraries, String... places) {
    return files -> {
      List<String> broken = new ArrayList<>();
      for (JavaFile file : files) {
        if (!within(Arrays.asList(places), file.fullName())) {
          file.sees().stream()
              .filter(seen -> within(libraries, seen))
              .forEach(seen -> broken.add(file.fullName() + " sees " + seen));
        }
      }
      return broken;
    };
  }

  private static List<String> engineSeen(List<JavaFile> files) {
    List<String> broken = new ArrayList<>();
    for (JavaFile file : files) {
      if (within("puzzle.actors..", file.fullName())
          && !within("puzzle.actors.cli..", file.fullName())) {
        String[] allowed =
            OF_THE_ENGINE.getOrDefault(file.home(), List.of()).toArray(String[]::new);
        broken.addAll(only(file.home(), "puzzle.engine..", allowed).apply(List.of(file)));
      }
    }
    return broken;
  }

  /** Takes away packages that nothing leads into or out of until only circles are left. */
  private static List<String> circles(List<JavaFile> files) {
    Map<String, String> arrows = new TreeMap<>();
    for (JavaFile file : files) {
      for (String seen : file.sees()) {
        String there = JavaFile.packageOf(seen);
        if (within("puzzle..", seen) && !there.equals(file.home())) {
          arrows.putIfAbsent(file.module() + " " + file.home() + " " + there, file.name());
        }
      }
    }
    while (true) {
      Set<String> from = new TreeSet<>();
      Set<String> to = new TreeSet<>();
      for (String arrow : arrows.keySet()) {
        String[] ends = arrow.split(" ");
        from.add(ends[0] + " " + ends[1]);
        to.add(ends[0] + " " + ends[2]);
      }
      boolean less =
          arrows
              .keySet()
              .removeIf(
                  arrow -> {
                    String[] ends = arrow.split(" ");
                    return !from.contains(ends[0] + " " + ends[2])
                        || !to.contains(ends[0] + " " + ends[1]);
                  });
      if (!less) {
        return arrows.entrySet().stream()
            .map(a -> a.getKey().replaceFirst(" ", ": ").replace(" puzzle", " -> puzzle"))
            .map(a -> a.replaceFirst(": -> ", ": "))
            .toList();
      }
    }
  }

  private static List<String> namesakes(List<JavaFile> files) {
    List<String> broken = new ArrayList<>();
    Map<String, JavaFile> known = new HashMap<>();
    for (JavaFile file : files) {
      JavaFile other = known.putIfAbsent(file.module() + "/" + file.name(), file);
      if (other != null && !file.name().equals("package-info")) {
        broken.add(file.fullName() + " and " + other.fullName());
      }
    }
    return broken;
  }

  private static List<String> speltOut(List<JavaFile> files) {
    List<String> broken = new ArrayList<>();
    for (JavaFile file : files) {
      for (String inline : file.inline()) {
        String name = inline.substring(inline.lastIndexOf('.'));
        if (file.imports().stream().noneMatch(i -> i.endsWith(name))) {
          broken.add(file.fullName() + " spells out " + inline);
        }
      }
    }
    return broken;
  }

  private static List<String> packages(List<JavaFile> files) {
    Set<String> broken = new TreeSet<>();
    for (JavaFile file : files) {
      List<String> levels = List.of(file.home().split("\\."));
      if (levels.size() > MOST_LEVELS || levels.stream().anyMatch(EMPTY_WORDS::contains)) {
        broken.add(file.home());
      }
    }
    return List.copyOf(broken);
  }

  private static List<String> tooLong(List<JavaFile> files) {
    List<String> broken = new ArrayList<>();
    for (JavaFile file : files) {
      int most = file.name().endsWith("Actor") ? MOST_LINES_OF_AN_ACTOR : MOST_LINES;
      if (file.lines() > most) {
        broken.add("%s has %d lines, %d at most".formatted(file.fullName(), file.lines(), most));
      }
    }
    return broken;
  }

  private static boolean within(List<String> places, String fullName) {
    return places.stream().anyMatch(place -> within(place, fullName));
  }

  private static boolean within(String place, String fullName) {
    if (place.endsWith("..")) {
      return fullName.startsWith(place.substring(0, place.length() - 1).replaceFirst("^\\.$", ""));
    }
    return place.equals(fullName) || place.equals(JavaFile.packageOf(fullName));
  }
}

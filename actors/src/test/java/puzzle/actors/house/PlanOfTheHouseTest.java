package puzzle.actors.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The boundaries that the documents promise, held against the imports of all main code. */
class PlanOfTheHouseTest {

  private static final String LENGTH = "no file has more than 400 lines, no actor more than 330";

  /** For each rule, files that break it, as {@code module package.Class sees package.Class}. */
  private static final Map<String, List<String>> BROKEN =
      Map.ofEntries(
          Map.entry(
              "no package circle in a module",
              List.of(
                  "engine puzzle.engine.a.A sees puzzle.engine.b.B",
                  "engine puzzle.engine.b.B sees puzzle.engine.c.C",
                  "engine puzzle.engine.c.C sees puzzle.engine.a.A")),
          Map.entry(
              "the solver sees nothing of the rest of the house but how to refuse an input",
              List.of("engine puzzle.engine.solve.studies.Sweeps sees puzzle.model.Variant")),
          Map.entry(
              "tensors stay in the packages that compute",
              List.of("engine puzzle.engine.decoder.DecoderConfig sees ai.djl.ndarray.NDArray")),
          Map.entry(
              "Choco stays in the solver",
              List.of("actors puzzle.actors.solver.Answers sees org.chocosolver.solver.Model")),
          Map.entry(
              "the engine has no actors",
              List.of(
                  "engine puzzle.engine.tasks.Tasks sees org.apache.pekko.actor.typed.ActorRef")),
          Map.entry(
              "each package of the actors sees of the engine what is listed",
              List.of("actors puzzle.actors.run.RunActor sees puzzle.engine.BlockEngine")),
          Map.entry(
              "the model is plain values with annotations for JSON",
              List.of("protocol puzzle.model.Task sees com.fasterxml.jackson.databind.JsonNode")),
          Map.entry(
              "messages stand on the model and on references to actors",
              List.of("protocol puzzle.protocol.Run sees org.apache.pekko.stream.javadsl.Source")),
          Map.entry(
              "the journal sees neither engine nor actors",
              List.of("persistence puzzle.persistence.RunState sees puzzle.engine.BlockEngine")),
          Map.entry(
              "HTTP stays in its package",
              List.of(
                  "actors puzzle.actors.edge.Refusal sees"
                      + " org.apache.pekko.http.javadsl.model.HttpResponse")),
          Map.entry(
              "Kafka stays in its package",
              List.of("actors puzzle.actors.node.Node sees org.apache.kafka.clients.Client")),
          Map.entry(
              "options stay in the command line",
              List.of("actors puzzle.actors.node.Node sees picocli.CommandLine")),
          Map.entry(
              "no actor waits for an answer",
              List.of(
                  "actors puzzle.actors.run.RunActor sees"
                      + " org.apache.pekko.actor.typed.javadsl.AskPattern")),
          Map.entry(
              "two classes of a module have two names",
              List.of(
                  "engine puzzle.engine.store.Store sees java.util.List",
                  "engine puzzle.engine.profile.Store sees java.util.List")),
          Map.entry(
              "no class is spelt out with its package unless its name is taken",
              List.of("engine puzzle.engine.store.Store spells java.util.Locale")),
          Map.entry(LENGTH, List.of("actors puzzle.actors.run.RunActor fills 331")),
          Map.entry(
              "no package is deeper than four levels or named for nothing",
              List.of("engine puzzle.engine.profile.hopper.util.Maths sees java.util.List")));

  @Test
  void theCodeKeepsEveryRule() throws IOException {
    List<JavaFile> house = JavaFile.all(Path.of(".."), "main");
    assertTrue(house.size() > 400, house.size() + " files");
    List<String> broken = new ArrayList<>();
    HouseRules.all()
        .forEach(
            (rule, check) ->
                check.apply(house).forEach(where -> broken.add("%n%s: %s".formatted(rule, where))));
    assertEquals(List.of(), broken);
  }

  @Test
  void everyRuleFailsWhenItIsBroken() {
    assertEquals(HouseRules.all().keySet().size(), BROKEN.size());
    HouseRules.all()
        .forEach(
            (rule, check) -> {
              List<JavaFile> files = BROKEN.get(rule).stream().map(this::file).toList();
              assertTrue(!check.apply(files).isEmpty(), rule);
            });
  }

  @Test
  void everyPackageOfTheActorsHasItsOwnViewOfTheEngine() {
    var views =
        HouseRules.all().get("each package of the actors sees of the engine what is listed");
    for (String good :
        List.of(
            "actors puzzle.actors.solver.Calls sees puzzle.engine.solve.Row",
            "actors puzzle.actors.gpu.DeviceThread sees puzzle.engine.BlockEngine",
            "actors puzzle.actors.http.Artefacts sees puzzle.engine.store.Store",
            "actors puzzle.actors.cli.plan.Plan sees puzzle.engine.nn.Decoder")) {
      assertEquals(List.of(), views.apply(List.of(file(good))), good);
    }
    for (String bad :
        List.of(
            "actors puzzle.actors.solver.Calls sees puzzle.engine.nn.Decoder",
            "actors puzzle.actors.gpu.DeviceThread sees puzzle.engine.tasks.DjlEngine",
            "actors puzzle.actors.layer.LayerActor sees puzzle.engine.solve.Row",
            "actors puzzle.actors.gkd.GkdActor sees puzzle.engine.gkd.Round",
            "actors puzzle.actors.work.Leases sees puzzle.engine.store.Store",
            "actors puzzle.actors.feed.FeedActor sees puzzle.engine.BlockEngine",
            "actors puzzle.actors.node.Node sees puzzle.engine.solve.studies.Sweeps",
            "actors puzzle.actors.anew.Any sees puzzle.engine.BlockEngine")) {
      assertEquals(1, views.apply(List.of(file(bad))).size(), bad);
    }
  }

  @Test
  void whatLeadsIntoACircleIsNotInIt() {
    List<JavaFile> files =
        List.of(
            file("engine puzzle.engine.a.A sees puzzle.engine.b.B"),
            file("engine puzzle.engine.b.B sees puzzle.engine.c.C"),
            file("engine puzzle.engine.c.C sees puzzle.engine.b.B"),
            file("engine puzzle.engine.c.C sees puzzle.engine.d.D"),
            file("actors puzzle.engine.d.D sees puzzle.engine.a.A"));
    assertEquals(
        List.of(
            "engine: puzzle.engine.b -> puzzle.engine.c",
            "engine: puzzle.engine.c -> puzzle.engine.b"),
        HouseRules.all().get("no package circle in a module").apply(files));
  }

  @Test
  void importsAndNamesSpeltOutInTheCodeAreSeenAndThoseInTextAreNot() {
    JavaFile file =
        JavaFile.read(
            "engine",
            "Example.java",
            """
            package puzzle.engine;

            import static puzzle.model.Phase.RECORD;
            import java.util.List;

            /** See {@link java.util.Set}. */
            final class Example {
              // java.util.Map
              String text = "ai.djl.Device";
              puzzle.model.Task.Record task = new java.util.ArrayList<>().get(0);
            }
            """);
    assertEquals("puzzle.engine.Example", file.fullName());
    assertEquals(List.of("puzzle.model.Phase", "java.util.List"), List.copyOf(file.imports()));
    assertEquals(List.of("puzzle.model.Task", "java.util.ArrayList"), List.copyOf(file.inline()));
    assertEquals(11, file.lines());
  }

  @Test
  void noTestIsLongerThanAFileMayBe() throws IOException {
    List<JavaFile> tests = JavaFile.all(Path.of(".."), "test");
    assertTrue(tests.size() > 150, tests.size() + " files");
    assertEquals(List.of(), HouseRules.all().get(LENGTH).apply(tests));
  }

  private JavaFile file(String line) {
    String[] words = line.split(" ");
    String text =
        switch (words[2]) {
          case "spells" -> "Object o = %s.ROOT;".formatted(words[3]);
          case "fills" -> "//\n".repeat(Integer.parseInt(words[3]) - 1);
          default -> "import %s;".formatted(words[3]);
        };
    String name = words[1].substring(words[1].lastIndexOf('.') + 1);
    return JavaFile.read(
        words[0], name + ".java", "package %s;%n%s".formatted(JavaFile.packageOf(words[1]), text));
  }
}

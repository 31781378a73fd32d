package puzzle.actors.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.actors.Examples;
import puzzle.actors.FakeEngine;
import puzzle.model.Outcome;
import puzzle.model.RunSpec;

class PipelineTest {

  @TempDir Path folder;

  @Test
  void goesFromParentToExportedChild() throws Exception {
    FakeEngine engine = new FakeEngine();
    RunSpec spec = Examples.with(Examples.spec(folder), RunSpec.Bld.Mode.TWO_STAGE);
    try (Drive drive = new Drive(spec, 4, 2, engine)) {
      assertEquals(Outcome.Kind.DONE, drive.outcome().kind(), () -> drive.facts.toString());
      List<String> ran = engine.ran();
      assertEquals(new HashSet<>(ran).size(), ran.size(), "nothing is done twice");
      assertEquals(4 * 11, count(ran, "bld/[^+]*"));
      assertEquals(4 * 53, count(ran, "score/[^/]*/[^/]*"));
      long coupled = count(ran, "bld/.*\\+.*");
      assertTrue(coupled > 0 && coupled <= 4 * 4, coupled + " blocks of the second stage");
      assertEquals(coupled, count(ran, "score/.*/coupled"));
      JsonNode summary = drive.summary();
      assertTrue(summary.at("/solution/proven").asBoolean());
      assertTrue(summary.at("/child/kl_nats_per_token").asDouble() > 0);
      assertEquals(5, summary.at("/baselines/random/samples").asInt());
    }
  }

  private static long count(List<String> keys, String regex) {
    return keys.stream().filter(k -> k.matches(regex)).count();
  }
}

package puzzle.actors.cli.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.model.InvalidInputException;

class ImportCommandTest {

  @TempDir private Path folder;

  private List<ObjectNode> bodies(String name, String text) throws IOException {
    ImportCommand command = new ImportCommand();
    command.file = Files.writeString(folder.resolve(name), text);
    command.source = "lab";
    return command.bodies();
  }

  private String refusal(String name, String text) {
    return assertThrows(InvalidInputException.class, () -> bodies(name, text)).getMessage();
  }

  @Test
  void takesMeasuredScoresOfARunFolder() throws IOException {
    List<ObjectNode> bodies =
        bodies(
            "scores.csv",
            "\ufefflayer,attention,ffn,standard_error,kind,score,training\n"
                + "0,kv-4,ffn-640,0.01,measured,0.5,own, or not\n"
                + "0,kv-4,ffn-no-op,,predicted,0.7,\n"
                + "1,kv-2,ffn-640,,measured,2,\n");
    assertEquals(
        "[{\"source\":\"lab\",\"scores\":["
            + "{\"id\":\"scores.csv:2\",\"layer\":0,\"block\":\"kv-4+ffn-640\",\"value\":0.5,"
            + "\"standard_error\":0.01},"
            + "{\"id\":\"scores.csv:4\",\"layer\":1,\"block\":\"kv-2+ffn-640\",\"value\":2}]}]",
        bodies.toString());
  }

  @Test
  void takesCostsOfARunFolder() throws IOException {
    List<ObjectNode> bodies =
        bodies(
            "profile.csv",
            "workload,variant,prefill_seconds,decode_seconds,weight_bytes,source\n"
                + "b1-p8-g8,kv-4,1e-3,2.5E-4,1024,lab, H100\n");
    assertEquals(
        "[{\"source\":\"lab\",\"costs\":[{\"id\":\"profile.csv:2\",\"workload\":\"b1-p8-g8\","
            + "\"variant\":\"kv-4\",\"prefill_seconds\":0.001,\"decode_seconds\":2.5E-4,"
            + "\"weight_bytes\":1024}]}]",
        bodies.toString());
  }

  @Test
  void takesABodyAsItStands() throws IOException {
    assertEquals(
        "[{\"source\":\"me\",\"scores\":[]}]",
        bodies("a.json", "\n {\"source\": \"me\", \"scores\": []}").toString());
    assertTrue(refusal("b.json", "{} {}").contains("b.json: line 1"));
    assertTrue(refusal("c.json", "{\"a\": 1, \"a\": 2}").contains("Duplicate"));
  }

  @Test
  void namesWhatIsWrongInATable() {
    String header = "layer,attention,ffn,score\n";
    assertTrue(refusal("a.csv", "layer,attention,score\n").contains("no column 'ffn'"));
    assertTrue(
        refusal("b.csv", header + "0,kv-4,ffn-640,0x1p3\n").contains("b.csv:2: score '0x1p3'"));
  }
}

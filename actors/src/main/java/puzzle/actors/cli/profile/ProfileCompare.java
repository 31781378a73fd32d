package puzzle.actors.cli.profile;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.profile.HardwareProfile;
import puzzle.engine.profile.Throughput;
import puzzle.model.InvalidInputException;

/** Throughput of a parent and its children on the same hardware and workload. */
@Command(
    name = "compare",
    description = "Throughput of a parent and of children, and the ratio; config.json is enough.")
final class ProfileCompare extends ResultCommand {

  @Parameters(
      arity = "2..*",
      paramLabel = "CONFIG",
      description = "The parent's folder or config.json, then the children's.")
  private List<Path> models;

  @Mixin private ServingOptions serving;

  @Override
  public Integer call() {
    HardwareProfile profile = serving.profile();
    ObjectNode root = new ObjectMapper().createObjectNode();
    ArrayNode list = root.putArray("models");
    double parent = 0;
    for (Path path : models) {
      DecoderConfig config = HuggingFaceConfig.read(path);
      Throughput throughput;
      try {
        throughput = serving.throughput(profile, config);
      } catch (InvalidInputException e) {
        throw new InvalidInputException(path + ": " + e.getMessage(), e);
      }
      double rate = throughput.tokensPerSecondPerDevice();
      parent = parent == 0 ? rate : parent;
      ObjectNode node = ProfileShow.report(path.toString(), profile, throughput);
      node.put("ratio_to_parent", rate / parent);
      list.add(node);
    }
    root.put("ratio", list.get(list.size() - 1).get("ratio_to_parent").asDouble());
    output.show(root, (out, report) -> print(out, list));
    return ExitCode.DONE;
  }

  private static void print(PrintWriter out, ArrayNode list) {
    list.forEach(node -> ProfileShow.printModel(out, (ObjectNode) node));
    for (int i = 1; i < list.size(); i++) {
      out.printf(
          Locale.ROOT,
          "%s delivers %.2f x the parent's tokens/s/GPU%n",
          list.get(i).get("model").asText(),
          list.get(i).get("ratio_to_parent").asDouble());
    }
  }
}

package puzzle.actors.drill;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import puzzle.engine.huggingface.SmallParent;

/**
 * A search small enough to be repeated many times: a random parent of a few layers, a generated
 * corpus, few steps, every stage. Costs come from the profile of an H100, not from a clock, so that
 * two runs must agree to the bit.
 */
final class SmallSearch {

  static final int LAYERS = SmallParent.LAYERS;

  private final Path folder;

  /** Writes parent and corpus into the folder. */
  static SmallSearch in(Path folder) throws IOException {
    SmallParent.write(folder.resolve("parent"), SmallParent.config());
    SmallParent.writeText(
        folder.resolve("corpus.lines.txt"),
        "the parent teaches a child what it knows of every layer",
        2400);
    return new SmallSearch(folder);
  }

  private SmallSearch(Path folder) {
    this.folder = folder;
  }

  /** Writes the run file of one more run of the same search. */
  Path runFile(String name) throws IOException {
    Path file = folder.resolve(name + ".yaml");
    Files.writeString(file, RUN_FILE.formatted(name, store(name)));
    return file;
  }

  Path store(String name) {
    return folder.resolve("runs").resolve(name);
  }

  private static final String RUN_FILE =
      """
      apiVersion: puzzle/v1
      name: %1$s
      parent: parent
      store: "%2$s"
      seed: 3
      corpus: {source: corpus.lines.txt, validationShare: 0.2, sequenceTokens: 32}
      space:
        attention: [kv-4, kv-2, attention-no-op]
        ffn: [ffn-48, ffn-24, ffn-no-op]
      bld: {keep: 2, sequences: 64, batch: 16, steps: 100, warmupSteps: 5, learningRate: 0.003}
      scoring: {sequences: 64, evaluationSequences: 64, batch: 16, candidates: 2}
      target:
        hardware: h100
        workload: {batch: 32, prefill: 128, generate: 32}
        limits: {memory: 0.8 x parent, parameters: 0.8 x parent}
      gkd: {batch: 16, steps: 150, warmupSteps: 5, learningRate: 0.002, checkpointSteps: 10}
      """;
}

package puzzle.actors.runfile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.RunSpec;
import puzzle.model.Variant;

class ParentSizeTest {

  @TempDir Path folder;

  private RunFile read(long params, String more) throws IOException {
    Files.createDirectories(folder.resolve("parent"));
    Path file =
        Files.writeString(
            folder.resolve("run.yaml"),
            """
            apiVersion: puzzle/v1
            parent: parent
            corpus: {source: "classpath:text.gz"}
            target:
              workload: {batch: 32, prefill: 128, generate: 32}
              limits: {memory: 0.7 x parent}
            """
                + more);
    return RunFile.read(file, folder, parent -> shape(params));
  }

  @Test
  void aToyHasTheDefaultsOfTheDrafts() throws IOException {
    RunFile toy = read(4_000_000, "");
    assertEquals(RunSpec.Bld.DEFAULT, toy.spec().bld());
    assertEquals(RunSpec.Scoring.DEFAULT, toy.spec().scoring());
    assertEquals(RunSpec.Gkd.DEFAULT, toy.spec().gkd());
    assertEquals(256, toy.spec().corpus().sequenceTokens());
    assertFalse(toy.resolved().contains("# As by default"), toy.resolved());
  }

  @Test
  void aRealParentHasRatesAndLengthsOfItsOwnAndSaysSo() throws IOException {
    RunFile real = read(1_200_000_000, "");
    assertEquals(1e-4, real.spec().bld().learningRate());
    assertEquals(1e-5, real.spec().gkd().learningRate());
    assertEquals(4096, real.spec().corpus().sequenceTokens());
    assertEquals(1, real.spec().bld().safeguards().microBatch());
    assertTrue(real.resolved().contains("# As by default from 1 B parameters"), real.resolved());
    assertTrue(real.resolved().contains("bld.learningRate"), real.resolved());
    assertEquals(1024, read(300_000_000, "").spec().corpus().sequenceTokens());
  }

  @Test
  void whatIsGivenHoldsAndIsNotSaidToBeADefault() throws IOException {
    RunFile real = read(1_200_000_000, "bld: {learningRate: 0.002}\n");
    assertEquals(0.002, real.spec().bld().learningRate());
    assertEquals(500, real.spec().bld().steps());
    assertFalse(real.resolved().contains("bld.learningRate,"), real.resolved());
  }

  @Test
  void theResolvedFileReadsBackAsTheSameRun() throws IOException {
    RunFile real = read(1_200_000_000, "");
    Path again = Files.writeString(folder.resolve("again.yaml"), real.resolved());
    RunFile back = RunFile.read(again, folder, parent -> shape(1_200_000_000));
    assertEquals(real, back);
  }

  private static ParentShape shape(long params) {
    Block block = new Block(Variant.attention(8), Variant.ffn(64));
    return new ParentShape(8, 64, block, Architecture.uniform(block, 4), params);
  }
}

package puzzle.engine.plan;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.InvalidInputException;
import puzzle.model.Phase;
import puzzle.model.Precision;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec;
import puzzle.model.SearchSpace;
import puzzle.model.Target;

/** Searches of a parent of seventy billion parameters, on machines that are too small for it. */
class FitTest {

  private static final DecoderConfig MODEL =
      HuggingFaceConfig.read(Path.of("../examples/llama-70b/parent"));

  private static final double PLENTY = 1e18;

  @TempDir Path folder;
  private RunSpec spec;

  @BeforeEach
  void aRun() throws IOException {
    spec =
        SmallRun.in(folder)
            .with(
                s -> {
                  s.space = SearchSpace.standard(8, 28_672, 256);
                  s.corpus = s.corpus.with(c -> c.sequenceTokens = 4096);
                  s.target = new Target("h100", s.target.goals());
                });
  }

  private static Fit with(double memory, double disk, int devices) {
    return new Fit(MODEL, new HostMemory((long) memory, "a box"), Precision.FP32, disk, devices);
  }

  private List<String> refused(Fit fit, Consumer<RunDraft> change) {
    RunSpec asked = spec.with(change);
    String said = assertThrows(InvalidInputException.class, () -> fit.require(asked)).getMessage();
    List<String> lines = said.lines().toList();
    assertEquals(2, lines.size(), said);
    assertTrue(lines.get(1).startsWith("Maybe "), said);
    return lines;
  }

  /** Applies what a message proposes. */
  private static int value(String said, String key) {
    Matcher value = Pattern.compile("Maybe " + Pattern.quote(key) + ": (\\d+)\\.").matcher(said);
    assertTrue(value.matches(), said);
    return Integer.parseInt(value.group(1));
  }

  @Test
  void whatFitsIsNotRefused() {
    assertDoesNotThrow(() -> with(PLENTY, PLENTY, 8).require(spec));
  }

  @Test
  void aBatchThatIsTooLargeIsNamedWithOneThatFits() {
    double enough =
        new Needs(spec, MODEL, memory(6e10), Precision.FP32).memoryBytes(Phase.RECORD, 1);
    Fit fit = with(6e10, PLENTY, 1);
    assertTrue(enough < 6e10);
    List<String> said = refused(fit, s -> s.scoring = s.scoring.with(x -> x.batch = 1024));
    assertTrue(said.get(0).startsWith("record: needs "), said.get(0));
    assertTrue(said.get(0).contains("there are 60.0 GB (a box)"), said.get(0));
    int batch = value(said.get(1), "scoring.batch");
    RunSpec better = spec.with(s -> s.scoring = s.scoring.with(x -> x.batch = batch));
    assertTrue(
        new Needs(better, MODEL, memory(6e10), Precision.FP32).memoryBytes(Phase.RECORD, 1)
            <= 6e10);
  }

  private static HostMemory memory(double bytes) {
    return new HostMemory((long) bytes, "a box");
  }

  @Test
  void manyDevicesShareTheMemoryOfOneProcess() {
    double two = new Needs(spec, MODEL, memory(2e11), Precision.FP32).memoryBytes(Phase.LIBRARY, 2);
    List<String> said = refused(with(0.99 * two, PLENTY, 2), s -> {});
    assertTrue(said.get(0).contains("on 2 device(s)"), said.get(0));
  }

  @Test
  void whereNothingHelpsTheMachineIsNamed() {
    List<String> said = refused(with(1e9, PLENTY, 1), s -> {});
    assertTrue(said.get(1).matches("Maybe a machine with \\d+ GB of memory\\."), said.get(1));
  }

  @Test
  void tapesThatFindNoRoomGetABudgetThatDoes() {
    Fit fit = with(PLENTY, 1.5e13, 1);
    List<String> said = refused(fit, s -> s.bld = s.bld.with(b -> b.sequences = 4096));
    assertTrue(said.get(0).startsWith("record: needs "), said.get(0));
    assertTrue(said.get(0).contains("free are 15.0 TB at " + spec.store()), said.get(0));
    Matcher budget = Pattern.compile("Maybe bld.tapeBudget: (\\d+) (G|T)B\\.").matcher(said.get(1));
    assertTrue(budget.matches(), said.get(1));
    long bytes =
        Long.parseLong(budget.group(1))
            * (budget.group(2).equals("G") ? 1_000_000_000L : 1_000_000_000_000L);
    RunSpec better =
        spec.with(
            s ->
                s.bld =
                    s.bld.with(
                        b -> {
                          b.sequences = 4096;
                          b.safeguards = b.safeguards.with(g -> g.tapeBytes = bytes);
                        }));
    assertDoesNotThrow(() -> fit.require(better));
  }

  @Test
  void aBudgetBelowTwoLayersIsRefusedWithTheLeast() {
    List<String> said =
        refused(
            with(PLENTY, PLENTY, 1),
            s ->
                s.bld =
                    s.bld.with(b -> b.safeguards = b.safeguards.with(g -> g.tapeBytes = 1 << 20)));
    assertTrue(said.get(0).startsWith("record: training reads the states of two"), said.get(0));
    assertTrue(said.get(1).startsWith("Maybe bld.tapeBudget: "), said.get(1));
  }

  @Test
  void aDiskThatIsFullIsRefused() {
    List<String> said = refused(with(PLENTY, 0, 1), s -> {});
    assertTrue(said.get(0).contains("free are 0 B at "), said.get(0));
    assertTrue(said.get(1).startsWith("Maybe a store with "), said.get(1));
  }
}

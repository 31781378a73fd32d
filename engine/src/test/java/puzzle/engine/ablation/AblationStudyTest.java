package puzzle.engine.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.profile.CountedCost;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.BlockCost;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.TaskResult.Profiled;
import puzzle.model.TaskResult.VariantCost;
import puzzle.model.Variant;

class AblationStudyTest {

  private static final StudySize SCALE =
      new StudySize(
          StudySize.seeds(2),
          16,
          4,
          8,
          3e-3,
          4,
          4,
          6,
          3e-3,
          2,
          List.of(1.3, 1.6),
          1.6,
          List.of(100, 25),
          List.of(100, 20));

  /** Seconds that follow the parameters, so that nothing here depends on a clock. */
  private static void costs(Path folder, RunSpec run) throws IOException {
    DecoderConfig config = SmallRun.config();
    List<VariantCost> variants = new ArrayList<>();
    for (Variant variant : run.space().variants()) {
      double seconds = 1e-8 * config.params(variant);
      BlockCost cost = CountedCost.cost(config, variant, SmallRun.WORKLOAD, seconds, seconds / 16);
      variants.add(new VariantCost(variant, cost, 0));
    }
    BlockCost fixed = CountedCost.fixed(config, SmallRun.WORKLOAD, 1e-6, 1e-7);
    Files.createDirectories(folder);
    new ObjectMapper()
        .writeValue(
            folder.resolve("costs.json").toFile(),
            new Profiled(SmallRun.WORKLOAD, variants, fixed, "counted"));
  }

  private static AblationStudy study(RunSpec run, Path folder, int threads) throws IOException {
    costs(folder, run);
    return new AblationStudy(run, SCALE, folder, threads, line -> {});
  }

  @Test
  void sameSeedsGiveTheSameNumbersOnAnyNumberOfThreads(@TempDir Path folder) throws IOException {
    RunSpec run = SmallRun.in(folder);
    Set<Table> all = EnumSet.allOf(Table.class);
    List<Measurement> one = study(run, folder.resolve("one"), 1).run(all).measurements();
    List<Measurement> two = study(run, folder.resolve("two"), 2).run(all).measurements();
    assertEquals(one, two);
    for (Table table : Table.values()) {
      for (String cell : table.cells()) {
        for (long seed : SCALE.seeds()) {
          assertTrue(
              one.stream()
                  .anyMatch(
                      m ->
                          m.table() == table
                              && m.cell().equals(cell)
                              && m.seed() == seed
                              && m.metric().equals("kl")
                              && Double.isFinite(m.value())),
              table + " " + cell + " seed " + seed);
        }
      }
    }
    orderThatEverythingRestsOn(one);
  }

  /** Random weights are far from the parent even after GKD; a library is not. */
  private static void orderThatEverythingRestsOn(List<Measurement> rows) {
    double chosen = mean(rows, Table.LIBRARY, "chosen");
    double random = mean(rows, Table.LIBRARY, "random weights");
    assertTrue(chosen < random, chosen + " is not under " + random);
    double full = mean(rows, Table.BUDGET, "full budget");
    double none = mean(rows, Table.BUDGET, "no BLD");
    assertTrue(full < none, full + " is not under " + none);
  }

  private static double mean(List<Measurement> rows, Table table, String cell) {
    return rows.stream()
        .filter(m -> m.table() == table && m.cell().equals(cell) && m.metric().equals("kl"))
        .mapToDouble(Measurement::value)
        .average()
        .orElseThrow();
  }

  @Test
  void goesOnWhereItWasStopped(@TempDir Path folder) throws IOException {
    RunSpec run = SmallRun.in(folder);
    Set<Table> tables = EnumSet.of(Table.COUPLING, Table.GKD);
    Path undisturbed = folder.resolve("undisturbed");
    List<Measurement> expected = study(run, undisturbed, 2).run(tables).measurements();
    long steps = entries(undisturbed).size();

    Path stopped = folder.resolve("stopped");
    costs(stopped, run);
    Map<Path, FileTime> before = new HashMap<>();
    // Stopped at every line of progress in turn, so between any two stages.
    for (int patience = 1; ; patience++) {
      int[] left = {patience};
      AblationStudy study =
          new AblationStudy(
              run,
              SCALE,
              stopped,
              2,
              line -> {
                if (left[0]-- == 0) {
                  throw new IllegalStateException("stopped");
                }
              });
      try {
        assertEquals(expected, study.run(tables).measurements());
        break;
      } catch (IllegalStateException e) {
        Map<Path, FileTime> now = entries(stopped);
        before.forEach((file, time) -> assertEquals(time, now.get(file), "done again: " + file));
        before = now;
      }
    }
    assertEquals(steps, entries(stopped).size());
  }

  @Test
  void damagedResultsAreMadeAgain(@TempDir Path folder) throws IOException {
    RunSpec run = SmallRun.in(folder);
    Set<Table> tables = EnumSet.of(Table.SPACE);
    Path place = folder.resolve("study");
    List<Measurement> expected = study(run, place, 2).run(tables).measurements();
    for (Path entry : entries(place).keySet()) {
      if (entry.toString().contains("evaluations") || entry.toString().contains("scores")) {
        Files.writeString(entry, "{\"key\":");
      }
    }
    assertEquals(expected, study(run, place, 2).run(tables).measurements());
  }

  @Test
  void costsOfAnotherModelAreRefused(@TempDir Path folder) throws IOException {
    RunSpec run = SmallRun.in(folder);
    Path place = Files.createDirectories(folder.resolve("study"));
    Profiled none = new Profiled(SmallRun.WORKLOAD, List.of(), BlockCost.ZERO, "counted");
    new ObjectMapper().writeValue(place.resolve("costs.json").toFile(), none);
    AblationStudy study = new AblationStudy(run, SCALE, place, 1, line -> {});
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> study.run(EnumSet.of(Table.SPACE)));
    assertTrue(e.getMessage().contains("no cost of kv-4"), e.getMessage());
  }

  private static Map<Path, FileTime> entries(Path study) throws IOException {
    Map<Path, FileTime> entries = new HashMap<>();
    if (Files.exists(study.resolve("cache"))) {
      try (Stream<Path> files = Files.walk(study.resolve("cache"))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          entries.put(file, Files.getLastModifiedTime(file));
        }
      }
    }
    return entries;
  }
}

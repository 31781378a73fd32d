package puzzle.engine.ablation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.nn.Arithmetic;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.profile.LiveProfiler;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.InvalidInputException;
import puzzle.model.Precision;
import puzzle.model.RunSpec;
import puzzle.model.Sha256;

/**
 * The ablations of one parent. All that is computed lies in the study's folder and is taken from
 * there the next time: a study that was killed resumes, and tables share what they have in common.
 *
 * @param run names parent, corpus, workload and limits
 * @param folder keeps what is computed; made if it is missing
 * @param threads jobs at a time, one operation each on one thread
 * @param progress told what is begun, a line each
 */
public record AblationStudy(
    RunSpec run, StudySize scale, Path folder, int threads, Consumer<String> progress) {

  /** Enters every key: raised whenever the same settings no longer give the same numbers. */
  private static final String VERSION = "1";

  private static final String COSTS = "costs.json";

  /**
   * What was found.
   *
   * @param costSource where the costs come from, for the report
   */
  public record Result(List<Measurement> measurements, String costSource, double seconds) {

    public List<ExpectedOrder.Outcome> orders() {
      return ExpectedOrder.outcomes(measurements);
    }
  }

  /**
   * Has a study take the cost table of another, so that it gives the same numbers.
   *
   * @throws InvalidInputException if the file cannot be read
   */
  public static void useCosts(Path folder, Path costs) {
    byte[] table;
    try {
      table = Files.readAllBytes(costs);
    } catch (IOException e) {
      throw new InvalidInputException(
          costs + ": cannot be read: " + e + "\nMaybe the costs.json of an earlier study.", e);
    }
    AtomicFile.write(folder.resolve(COSTS), out -> out.write(table));
  }

  /**
   * Measures the tables.
   *
   * @throws InvalidInputException if the run's data or limits do not allow it
   */
  public Result run(Collection<Table> tables) {
    long start = System.nanoTime();
    Path parentFolder = Path.of(run.parent());
    DecoderConfig config = ModelFolder.open(parentFolder).config();
    createFolder();
    ResultCache cache = new ResultCache(folder.resolve("cache"));
    List<Measurement> measurements = new ArrayList<>();
    SafetensorsFolder weights = SafetensorsFolder.open(parentFolder);
    Precision precision = Arithmetic.of(run.precision(), config, weights);
    StudyCosts costs = costs(config);
    try (Workers workers =
        new Workers(
            threads,
            () -> Decoder.whole(config, weights, run.corpus().sequenceTokens(), precision))) {
      Recordings recordings =
          new Recordings(
              scale,
              run,
              folder.resolve("recordings"),
              cache,
              workers,
              identity(config, precision),
              progress,
              new HashMap<>());
      Study study = new Study(scale, run, config.layers(), recordings, cache, workers, progress);
      for (long seed : scale.seeds()) {
        Tables rows = new Tables(study, costs, seed);
        for (Table table : tables) {
          measurements.addAll(rows.rows(table));
        }
      }
    }
    return new Result(measurements, costs.source(), (System.nanoTime() - start) * 1e-9);
  }

  /** Before any worker starts, so that the machine is to itself. */
  private StudyCosts costs(DecoderConfig config) {
    if (!run.space().own().isEmpty()) {
      throw new InvalidInputException(
          run.parent()
              + ": its layers differ; the ablations compare variants of one block.\nMaybe take the"
              + " model that it was made of.");
    }
    var space = scale.space(run.space());
    return StudyCosts.at(
        folder.resolve(COSTS),
        run,
        space,
        config.layers(),
        () -> {
          progress.accept("measuring costs");
          Tensors.threads(1);
          return new LiveProfiler(config, run.target().goals().get(0).workload(), run.profiling())
              .profile(space, Monitor.NONE);
        });
  }

  /** Of parent, text and method; a key of what is computed from them begins with it. */
  private String identity(DecoderConfig config, Precision precision) {
    StringBuilder key = new StringBuilder(VERSION).append(' ').append(config);
    try (Stream<Path> files = Files.list(Path.of(run.parent()))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).sorted().toList()) {
        key.append(' ').append(Sha256.of(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (precision != Precision.FP32) {
      key.append(' ').append(precision);
    }
    return ResultCache.name(key.toString());
  }

  private void createFolder() {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package puzzle.actors.runfile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.engine.profile.hopper.HardwareProfiles;
import puzzle.engine.profile.hopper.ProfiledCosts;
import puzzle.engine.score.Benchmarks;
import puzzle.model.DType;
import puzzle.model.InvalidInputException;
import puzzle.model.Limit;
import puzzle.model.RetryPolicy;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.Target;
import puzzle.model.TaskResult;
import puzzle.model.Workload;

/**
 * A run file, read and checked, with every default filled in.
 *
 * @param spec paths in it are absolute
 * @param layers of the parent
 * @param resolved the same as a run file with nothing left out
 * @param hash SHA-256 of the resolved file without the store's place, hexadecimal
 */
public record RunFile(RunSpec spec, int layers, String resolved, String hash) {

  public static final String API_VERSION = "puzzle/v1";

  private static final List<String> LOSSES = List.of("lm", "cosine", "kld");

  /**
   * Reads a run file. Paths in it are relative to the file, the store's to {@code current}.
   *
   * @param shapes reads what defaults depend on from the parent's folder
   * @throws InvalidInputException with file, line and column
   */
  public static RunFile read(Path file, Path current, Function<Path, ParentShape> shapes) {
    YamlTree tree = YamlTree.read(file);
    Section root = new Section(tree);
    YamlTree version = root.required("apiVersion");
    if (!version.text().equals(API_VERSION)) {
      throw version.wrong("'" + version.text() + "' is not known", "write " + API_VERSION);
    }
    Path folder = file.toAbsolutePath().normalize().getParent();
    RunId id =
        root.get("name")
            .map(t -> checked(t, () -> new RunId(t.text())))
            .orElseGet(() -> new RunId(defaultName(folder)));
    Path store = current.resolve(root.text("store", "runs/" + id)).toAbsolutePath().normalize();
    YamlTree parent = root.required("parent");
    Path parentFolder = checked(parent, () -> folder.resolve(parent.text()).normalize());
    if (!Files.isDirectory(parentFolder)) {
      throw parent.wrong(parentFolder + " is no folder", "give the folder that holds config.json");
    }
    long seed = root.get("seed").map(t -> t.whole(0, Long.MAX_VALUE)).orElse(1L);
    root.expect("corpus");
    RunSpec.Corpus corpus = corpus(root.section("corpus"), tree, folder);
    ParentShape shape = shapes.apply(parentFolder);
    RunSpec spec =
        new RunSpec(
            id,
            parentFolder.toString(),
            store.toString(),
            seed,
            corpus,
            SpaceSection.read(root.section("space"), shape),
            distillation(root.section("bld")),
            scoring(root.section("scoring"), folder),
            profiling(root.section("profiling")),
            target(root.required("target")),
            gkd(root.section("gkd")),
            retries(root.section("retries")));
    root.end();
    if (!spec.target().measuredLocally()) {
      checked(root.required("target"), () -> profiled(spec));
    }
    String resolved = Resolved.yaml(spec);
    return new RunFile(spec, shape.layers(), resolved, Resolved.hash(spec, shape.layers()));
  }

  /** The JSON Schema of run files: what editors complete and underline. */
  public static String schema() {
    try (InputStream in = RunFile.class.getResourceAsStream("/schema/puzzle-v1.schema.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Costs every variant once, so that what the hardware cannot serve is refused before work. */
  private static List<TaskResult.Profiled> profiled(RunSpec spec) {
    ProfiledCosts costs = ProfiledCosts.of(spec);
    return spec.target().goals().stream()
        .map(goal -> costs.profile(spec.space(), goal.workload()))
        .toList();
  }

  private static String defaultName(Path folder) {
    String name = folder.getFileName() == null ? "run" : folder.getFileName().toString();
    return name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}") ? name : "run";
  }

  private static RunSpec.Corpus corpus(Section s, YamlTree root, Path folder) {
    YamlTree source =
        s.get("source")
            .orElseThrow(
                () ->
                    root.wrong(
                        "corpus.source is missing",
                        "name a file, a folder, or classpath: and a resource"));
    String text = source.text();
    if (!text.startsWith("classpath:")) {
      Path path = checked(source, () -> folder.resolve(source.text()).normalize());
      if (!Files.exists(path)) {
        throw source.wrong(path + " does not exist", "paths are relative to the run file");
      }
      text = path.toString();
    }
    RunSpec.Corpus corpus =
        new RunSpec.Corpus(
            text, s.number("validationShare", 1e-6, 0.9, 0.05), s.whole("sequenceTokens", 2, 256));
    s.end();
    return corpus;
  }

  private static RunSpec.Bld distillation(Section s) {
    RunSpec.Bld bld =
        new RunSpec.Bld(
            s.whole("sequences", 1, 256),
            s.whole("batch", 1, 8),
            s.whole("steps", 1, 60),
            s.whole("warmupSteps", 0, 5),
            s.number("learningRate", 1e-9, 10, 2e-3),
            s.number("weightDecay", 0, 10, 0.01),
            s.number("clipNorm", 1e-9, 1e9, 1),
            s.get("mode").map(RunFile::mode).orElse(RunSpec.Bld.Mode.TWO_STAGE),
            s.whole("keep", 1, 4),
            safeguards(s));
    YamlTree place = s.get("batch").or(() -> s.get("sequences")).orElse(null);
    s.end();
    if (bld.batch() > bld.sequences() && place != null) {
      throw place.wrong(
          "bld.batch: a step takes %d sequences, the tape has %d"
              .formatted(bld.batch(), bld.sequences()),
          "write a batch of at most %d, or record more sequences".formatted(bld.sequences()));
    }
    return bld;
  }

  private static RunSpec.Safeguards safeguards(Section s) {
    return new RunSpec.Safeguards(
        s.whole("microBatch", 0, 0),
        s.whole("evaluateSteps", 0, 100),
        s.whole("patience", 0, 3),
        s.whole("checkpointSteps", 0, 500),
        s.get("tapeBudget").map(Quantity::bytes).orElse(0L));
  }

  private static RunSpec.Bld.Mode mode(YamlTree tree) {
    for (RunSpec.Bld.Mode mode : RunSpec.Bld.Mode.values()) {
      if (Resolved.mode(mode).equals(tree.text())) {
        return mode;
      }
    }
    throw tree.wrong(
        "unknown mode '" + tree.text() + "'",
        "one of " + Arrays.stream(RunSpec.Bld.Mode.values()).map(Resolved::mode).toList());
  }

  private static RunSpec.Scoring scoring(Section s, Path folder) {
    Score.Metric metric = s.get("metric").map(RunFile::metric).orElse(Score.Metric.KL);
    String benchmark = s.get("benchmark").map(t -> benchmark(t, folder)).orElse(null);
    if (metric == Score.Metric.BENCHMARK && benchmark == null) {
      throw s.required("metric")
          .wrong(
              "scoring.metric is benchmark, scoring.benchmark is missing",
              "name a file of prompts");
    }
    int sequences = s.whole("sequences", 1, 32);
    RunSpec.Scoring scoring =
        new RunSpec.Scoring(
            sequences,
            s.whole("evaluationSequences", 1, 64),
            s.whole("batch", 1, 8),
            metric,
            s.whole("topK", 1, 1),
            benchmark,
            s.whole("candidates", 0, 5),
            s.whole("candidateSequences", 0, 0));
    s.end();
    return scoring;
  }

  private static Score.Metric metric(YamlTree text) {
    return Arrays.stream(Score.Metric.values())
        .filter(m -> m.label().equals(text.text()))
        .findFirst()
        .orElseThrow(
            () ->
                text.wrong(
                    "unknown metric '" + text.text() + "'",
                    "one of "
                        + Arrays.stream(Score.Metric.values()).map(Score.Metric::label).toList()));
  }

  /** An installed benchmark as it is, a file with its whole path. */
  private static String benchmark(YamlTree text, Path folder) {
    if (Benchmarks.installed(text.text())) {
      return text.text();
    }
    Path file = checked(text, () -> folder.resolve(text.text()).normalize());
    if (!Files.isRegularFile(file)) {
      throw text.wrong(
          file + " is neither a file nor an installed benchmark",
          "paths are relative to the run file");
    }
    return file.toString();
  }

  private static RunSpec.Profiling profiling(Section s) {
    RunSpec.Profiling profiling =
        new RunSpec.Profiling(s.whole("warmups", 0, 2), s.whole("repetitions", 1, 9));
    s.end();
    return profiling;
  }

  private static RunSpec.Gkd gkd(Section s) {
    Set<RunSpec.Gkd.Loss> losses =
        s.get("losses")
            .map(
                list ->
                    list.items().stream()
                        .map(
                            t -> {
                              if (!LOSSES.contains(t.text())) {
                                throw t.wrong(
                                    "unknown loss '" + t.text() + "'", "one of " + LOSSES);
                              }
                              return RunSpec.Gkd.Loss.valueOf(t.text().toUpperCase(Locale.ROOT));
                            })
                        .collect(Collectors.toSet()))
            .orElse(RunSpec.Gkd.DEFAULT.losses());
    YamlTree place = s.get("shards").or(() -> s.get("batch")).orElse(null);
    int batch = s.whole("batch", 1, 8);
    int shards = s.whole("shards", 1, 1);
    RunSpec.Gkd gkd =
        place == null
            ? gkd(s, losses, batch, shards)
            : checked(place, () -> gkd(s, losses, batch, shards));
    s.end();
    return gkd;
  }

  private static RunSpec.Gkd gkd(Section s, Set<RunSpec.Gkd.Loss> losses, int batch, int shards) {
    return new RunSpec.Gkd(
        losses,
        batch,
        s.whole("steps", 1, 200),
        s.whole("warmupSteps", 0, 10),
        s.number("learningRate", 1e-9, 10, 5e-4),
        s.number("weightDecay", 0, 10, 0.01),
        s.number("clipNorm", 1e-9, 1e9, 1),
        s.whole("checkpointSteps", 1, 25),
        s.whole("microBatch", 0, 0),
        s.number("temperature", 1e-3, 1e3, 1),
        shards,
        s.whole("evaluateSteps", 0, 0));
  }

  private static RetryPolicy retries(Section s) {
    RetryPolicy d = RetryPolicy.DEFAULT;
    RetryPolicy policy =
        new RetryPolicy(
            d.initial(),
            d.factor(),
            d.max(),
            s.number("jitter", 0, 1, d.jitter()),
            s.whole("attempts", 1, d.attempts()));
    double initial = s.number("initialSeconds", 0, 86_400, d.initial().toMillis() / 1e3);
    double factor = s.number("factor", 1, 100, d.factor());
    double max = s.number("maxSeconds", initial, 86_400, Math.max(initial, d.max().toSeconds()));
    s.end();
    return new RetryPolicy(
        Duration.ofMillis(Math.round(initial * 1e3)),
        factor,
        Duration.ofMillis(Math.round(max * 1e3)),
        policy.jitter(),
        policy.attempts());
  }

  static Target target(YamlTree tree) {
    Section s = new Section(tree);
    YamlTree named = s.get("hardware").orElse(null);
    String hardware = named == null ? Target.LOCAL : hardware(named);
    List<Target.Goal> goals = new ArrayList<>();
    if (s.get("goals").isPresent()) {
      for (YamlTree item : s.get("goals").orElseThrow().items()) {
        Section goal = new Section(item);
        goals.add(goal(goal, hardware));
        goal.end();
      }
    } else {
      goals.add(goal(s, hardware));
    }
    s.end();
    return checked(tree, () -> new Target(hardware, goals));
  }

  /** Its short name, so that the same hardware under two names is the same run. */
  private static String hardware(YamlTree named) {
    return named.text().equals(Target.LOCAL)
        ? Target.LOCAL
        : checked(named, () -> HardwareProfiles.hardware(named.text()).name());
  }

  private static Target.Goal goal(Section s, String hardware) {
    YamlTree place = s.required("workload");
    Section w = new Section(place);
    DType usual = hardware.equals(Target.LOCAL) ? DType.FP32 : DType.BF16;
    Workload workload =
        new Workload(
            (int) w.required("batch").whole(1, 1 << 20),
            (int) w.required("prefill").whole(1, 1 << 24),
            (int) w.required("generate").whole(1, 1 << 24),
            dtype(w, "weights", usual, hardware),
            dtype(w, "kvCache", usual, hardware),
            w.whole("tensorParallel", 1, 1));
    w.end();
    List<Limit> limits = new ArrayList<>();
    Section l = s.section("limits");
    for (Limit.Stat metric : Limit.Stat.values()) {
      l.get(key(metric)).ifPresent(t -> limits.add(Quantity.read(metric, t)));
    }
    l.end();
    return new Target.Goal(workload, limits);
  }

  /** What is served; on hardware with a profile, a type the profile knows. */
  private static DType dtype(Section s, String name, DType usual, String hardware) {
    return s.get(name)
        .map(
            t -> {
              for (DType d : DType.values()) {
                if (d.name().equalsIgnoreCase(t.text())) {
                  if (!hardware.equals(Target.LOCAL)) {
                    checked(t, () -> HardwareProfiles.hardware(hardware).flops(d));
                  }
                  return d;
                }
              }
              throw t.wrong(
                  "unknown element type '" + t.text() + "'",
                  "one of "
                      + Arrays.stream(DType.values())
                          .map(d -> d.name().toLowerCase(Locale.ROOT))
                          .toList());
            })
        .orElse(usual);
  }

  /** {@code timeToFirstToken}. */
  static String key(Limit.Stat metric) {
    StringBuilder key = new StringBuilder();
    for (String word : metric.name().toLowerCase(Locale.ROOT).split("_")) {
      key.append(key.isEmpty() ? word : Character.toUpperCase(word.charAt(0)) + word.substring(1));
    }
    return key.toString();
  }

  static <T> T checked(YamlTree place, java.util.function.Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException | InvalidInputException e) {
      String[] lines = e.getMessage().split("\n", 2);
      String maybe = lines.length > 1 ? lines[1].replaceFirst("^Maybe ", "") : "see the example";
      throw place.wrong(lines[0].replaceFirst("\\.$", ""), maybe.replaceFirst("\\.$", ""));
    }
  }
}

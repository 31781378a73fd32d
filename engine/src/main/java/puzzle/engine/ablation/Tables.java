package puzzle.engine.ablation;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import puzzle.engine.ablation.Assemblies.Healing;
import puzzle.engine.ablation.Assemblies.Quality;
import puzzle.engine.ablation.StudyScores.BlockScore;
import puzzle.engine.solve.studies.Baselines.Baseline;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.RunSpec.Gkd.Loss;

/**
 * One seed's rows of each table. What several tables need, the full library before all, is made
 * once.
 */
final class Tables {

  private static final Set<Loss> PAPER_LOSSES = EnumSet.of(Loss.COSINE, Loss.KLD);
  private static final List<String> METRICS = List.of(Measurement.KL, "loss", "top1", "throughput");

  private final Study study;
  private final StudyLibraries trainings;
  private final StudyScores scorings;
  private final Assemblies assemblies;
  private final StudyCosts costs;
  private final StudySize scale;
  private final long seed;
  private final Map<Integer, Library> libraries = new LinkedHashMap<>();
  private final Map<String, List<Map<Block, BlockScore>>> scores = new HashMap<>();

  /** A model that stands for a cell at one limit; of several of them the mean counts. */
  private record Candidate(String cell, double limit, Model model) {}

  Tables(Study study, StudyCosts costs, long seed) {
    this.study = study;
    this.trainings = new StudyLibraries(study);
    this.scorings = new StudyScores(study);
    this.assemblies = new Assemblies(study);
    this.costs = costs;
    this.scale = study.scale();
    this.seed = seed;
  }

  List<Measurement> rows(Table table) {
    return switch (table) {
      case OPTIMISER -> optimiser();
      case SPACE -> space();
      case METRIC -> metric();
      case BUDGET -> budget();
      case DATA -> data();
      case TASK -> task();
      case COUPLING -> coupling();
      case LIBRARY -> library();
      case GKD -> gkd();
      case LOSSES -> losses();
    };
  }

  private List<Measurement> optimiser() {
    Choices choices = choices(full(), BlockScore::kl);
    List<Candidate> candidates = new ArrayList<>(solved("solver", full(), choices));
    for (double limit : scale.frontier()) {
      for (int draw = 0; draw < scale.draws(); draw++) {
        Map<String, Baseline> found = choices.baselines(limit, Study.seed(seed, draw, "random"));
        List<String> names =
            draw == 0 ? List.of("greedy", "maximum parameters", "random") : List.of("random");
        for (String name : names) {
          add(candidates, name, limit, full(), choices, found.get(name));
        }
      }
    }
    return evaluated(Table.OPTIMISER, candidates);
  }

  private List<Measurement> space() {
    Choices choices = choices(full(), BlockScore::kl);
    List<Candidate> candidates = new ArrayList<>(solved("full space", full(), choices));
    for (double limit : scale.frontier()) {
      Baseline few = choices.baselines(limit, seed).get("no-op only");
      add(candidates, "no-op only", limit, full(), choices, few);
    }
    return evaluated(Table.SPACE, candidates);
  }

  private List<Measurement> metric() {
    Map<String, ToDoubleFunction<BlockScore>> metrics = new LinkedHashMap<>();
    metrics.put("KL", BlockScore::kl);
    metrics.put("LM loss", BlockScore::loss);
    metrics.put("top-1 accuracy", BlockScore::top1);
    List<Candidate> candidates = new ArrayList<>();
    metrics.forEach(
        (cell, metric) -> candidates.addAll(solved(cell, full(), choices(full(), metric))));
    return evaluated(Table.METRIC, candidates);
  }

  private List<Measurement> budget() {
    Map<String, Integer> budgets = new LinkedHashMap<>();
    budgets.put("full budget", scale.bldSteps());
    budgets.put("1/2", scale.bldSteps() / 2);
    budgets.put("1/4", scale.bldSteps() / 4);
    budgets.put("no BLD", 0);
    List<Candidate> candidates = new ArrayList<>();
    budgets.forEach(
        (cell, steps) -> {
          Library library = broad(steps);
          candidates.addAll(solved(cell, library, choices(library, BlockScore::kl)));
        });
    return evaluated(Table.BUDGET, candidates);
  }

  private List<Measurement> data() {
    int half = scale.bldSteps() / 2;
    Library broad = broad(half);
    Library narrow = trainings.library(StudyText.ENGLISH, seed, half);
    Choices choices = english(narrow);
    List<Candidate> candidates =
        new ArrayList<>(solved("broad mix", broad, choices(broad, BlockScore::kl)));
    candidates.addAll(solved("one genre", narrow, choices));
    return evaluated(Table.DATA, candidates);
  }

  /** English is the task: one child is scored on it, the other on everything. */
  private List<Measurement> task() {
    Choices special = english(full());
    List<Candidate> candidates = new ArrayList<>(solved("scored on the task", full(), special));
    candidates.addAll(solved("scored on all", full(), choices(full(), BlockScore::kl)));
    return evaluated(Table.TASK, candidates, StudyText.ENGLISH);
  }

  private List<Measurement> coupling() {
    int half = scale.bldSteps() / 2;
    TwoStage stages = new TwoStage(study, costs, full(), scale.bldSteps(), seed);
    TwoStage equal = new TwoStage(study, costs, broad(half), half, seed);
    List<Candidate> candidates =
        new ArrayList<>(solved("decoupled", full(), choices(full(), BlockScore::kl)));
    candidates.addAll(solved("decoupled, reduced space", full(), stages.reduced()));
    candidates.addAll(solved("two-stage", stages.library(), stages.coupled()));
    candidates.addAll(solved("two-stage, same tokens", equal.library(), equal.coupled()));
    return evaluated(Table.COUPLING, candidates);
  }

  private List<Measurement> library() {
    Choices choices = choices(full(), BlockScore::kl);
    List<Candidate> candidates = new ArrayList<>();
    candidates.add(atTarget("chosen", child()));
    for (int draw = 0; draw < scale.draws(); draw++) {
      Baseline random =
          choices.baselines(scale.target(), Study.seed(seed, draw, "random")).get("random");
      add(candidates, "random choice", scale.target(), full(), choices, random);
    }
    candidates.add(atTarget("random weights", Model.random(child().architecture(), seed)));
    return healed(Table.LIBRARY, candidates, candidate -> PAPER_LOSSES);
  }

  private List<Measurement> gkd() {
    List<Measurement> rows =
        healed(Table.GKD, List.of(atTarget("GKD", child())), candidate -> PAPER_LOSSES);
    rows.addAll(unhealed(Table.GKD));
    return rows;
  }

  private List<Measurement> losses() {
    Map<String, Set<Loss>> combinations = new LinkedHashMap<>();
    combinations.put("LM", EnumSet.of(Loss.LM));
    combinations.put("LM+KLD", EnumSet.of(Loss.LM, Loss.KLD));
    combinations.put("KLD", EnumSet.of(Loss.KLD));
    combinations.put("LM+cosine", EnumSet.of(Loss.LM, Loss.COSINE));
    combinations.put("cosine", EnumSet.of(Loss.COSINE));
    combinations.put("cosine+KLD", PAPER_LOSSES);
    combinations.put("LM+cosine+KLD", EnumSet.of(Loss.LM, Loss.COSINE, Loss.KLD));
    List<Candidate> candidates = new ArrayList<>();
    combinations.keySet().forEach(cell -> candidates.add(atTarget(cell, child())));
    // Where there is little to heal the best are near each other; so also where there is much.
    double far = scale.frontier().get(scale.frontier().size() - 1);
    choices(full(), BlockScore::kl)
        .solved(far)
        .map(architecture -> Model.of(architecture, full()))
        .ifPresent(
            damaged ->
                List.of("KLD", "cosine", "cosine+KLD")
                    .forEach(cell -> candidates.add(new Candidate(cell, far, damaged))));
    List<Measurement> rows =
        healed(Table.LOSSES, candidates, candidate -> combinations.get(candidate.cell()));
    rows.addAll(unhealed(Table.LOSSES));
    return rows;
  }

  private Candidate atTarget(String cell, Model model) {
    return new Candidate(cell, scale.target(), model);
  }

  private Library full() {
    return broad(scale.bldSteps());
  }

  private Library broad(int steps) {
    return libraries.computeIfAbsent(steps, s -> trainings.library(StudyText.BROAD, seed, s));
  }

  private Choices choices(Library library, ToDoubleFunction<BlockScore> metric) {
    List<Map<Block, BlockScore>> scored =
        scores.computeIfAbsent(
            library.name(), name -> scorings.scores(library, StudyText.BROAD, seed));
    return new Choices(study.space(), costs, scored, metric);
  }

  private Choices english(Library library) {
    List<Map<Block, BlockScore>> scored = scorings.scores(library, StudyText.ENGLISH, seed);
    return new Choices(study.space(), costs, scored, BlockScore::kl);
  }

  /** The solver's child at the target. */
  private Model child() {
    Architecture architecture =
        choices(full(), BlockScore::kl)
            .solved(scale.target())
            .orElseThrow(() -> StudyCosts.infeasible(scale.target()));
    return Model.of(architecture, full());
  }

  private List<Candidate> solved(String cell, Library library, Choices choices) {
    List<Candidate> candidates = new ArrayList<>();
    for (double limit : scale.frontier()) {
      Optional<Architecture> found = choices.solved(limit);
      found.ifPresent(a -> candidates.add(new Candidate(cell, limit, Model.of(a, library))));
    }
    return candidates;
  }

  private static void add(
      List<Candidate> candidates,
      String cell,
      double limit,
      Library library,
      Choices choices,
      Baseline found) {
    if (found != null && found.feasible()) {
      Model model = Model.of(choices.architecture(found.choices()), library);
      candidates.add(new Candidate(cell, limit, model));
    }
  }

  private List<Measurement> evaluated(Table table, List<Candidate> candidates) {
    return evaluated(table, candidates, StudyText.BROAD);
  }

  private List<Measurement> evaluated(Table table, List<Candidate> candidates, StudyText on) {
    List<Model> models = candidates.stream().map(Candidate::model).toList();
    return measured(table, candidates, assemblies.evaluate(models, on, seed));
  }

  /** A row per cell, limit and metric. */
  private List<Measurement> measured(
      Table table, List<Candidate> candidates, List<Quality> qualities) {
    Map<String, List<double[]>> sums = new LinkedHashMap<>();
    Map<String, Candidate> first = new LinkedHashMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      Candidate c = candidates.get(i);
      String key = c.cell() + " " + c.limit();
      first.putIfAbsent(key, c);
      sums.computeIfAbsent(key, k -> new ArrayList<>())
          .add(values(qualities.get(i), c.model().architecture()));
    }
    List<Measurement> rows = new ArrayList<>();
    first.forEach(
        (key, c) -> {
          for (int m = 0; m < METRICS.size(); m++) {
            int metric = m;
            double mean =
                sums.get(key).stream().mapToDouble(v -> v[metric]).average().orElseThrow();
            rows.add(new Measurement(table, c.cell(), c.limit(), seed, METRICS.get(m), mean));
          }
        });
    return rows;
  }

  private double[] values(Quality quality, Architecture architecture) {
    return new double[] {
      quality.kl(), quality.loss(), quality.top1(), costs.throughput(architecture)
    };
  }

  private List<Measurement> healed(
      Table table, List<Candidate> candidates, Function<Candidate, Set<Loss>> losses) {
    List<Healing> gkds =
        candidates.stream().map(c -> new Healing(c.model(), losses.apply(c))).toList();
    return measured(table, candidates, assemblies.heal(gkds, seed));
  }

  private List<Measurement> unhealed(Table table) {
    return evaluated(table, List.of(atTarget("none", child())));
  }
}

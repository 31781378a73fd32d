package puzzle.actors.runfile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import puzzle.model.Limit;
import puzzle.model.RunSpec;
import puzzle.model.Sha256;
import puzzle.model.Target;
import puzzle.model.Workload;

/** Writes a spec as a run file with nothing left out, which reads back as the same spec. */
final class Resolved {

  private static final ObjectMapper YAML =
      new ObjectMapper(
          new YAMLFactory()
              .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
              .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
              .disable(YAMLGenerator.Feature.SPLIT_LINES));

  private Resolved() {}

  static String yaml(RunSpec spec) {
    return written(map(spec));
  }

  /** Where the store lies does not make it another run. */
  static String hash(RunSpec spec, int layers) {
    Map<String, Object> map = map(spec);
    map.remove("store");
    map.put("layers", layers);
    return Sha256.of(written(map));
  }

  /** As in a run file: {@code two-stage}. */
  static String mode(RunSpec.Bld.Mode mode) {
    return mode.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String written(Map<String, Object> map) {
    try {
      return YAML.writeValueAsString(map);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Map<String, Object> map(RunSpec spec) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("apiVersion", RunFile.API_VERSION);
    map.put("name", spec.id().value());
    map.put("parent", spec.parent());
    map.put("store", spec.store());
    map.put("seed", spec.seed());
    map.put("corpus", spec.corpus());
    map.put("space", SpaceSection.write(spec.space()));
    Map<String, Object> bld = YAML.convertValue(spec.bld(), new TypeReference<>() {});
    bld.put("mode", mode(spec.bld().mode()));
    bld.remove("safeguards");
    bld.putAll(safeguards(spec.bld().safeguards()));
    map.put("bld", bld);
    map.put("scoring", scoring(spec.scoring()));
    map.put("profiling", spec.profiling());
    Map<String, Object> target = new LinkedHashMap<>();
    target.put("hardware", spec.target().hardware());
    target.put("goals", spec.target().goals().stream().map(Resolved::goal).toList());
    map.put("target", target);
    map.put("gkd", spec.gkd());
    Map<String, Object> retries = new LinkedHashMap<>();
    retries.put("initialSeconds", spec.retries().initial().toMillis() / 1e3);
    retries.put("factor", spec.retries().factor());
    retries.put("maxSeconds", spec.retries().max().toMillis() / 1e3);
    retries.put("jitter", spec.retries().jitter());
    retries.put("attempts", spec.retries().attempts());
    map.put("retries", retries);
    return map;
  }

  private static Map<String, Object> safeguards(RunSpec.Safeguards safeguards) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("microBatch", safeguards.microBatch());
    map.put("evaluateSteps", safeguards.evaluateSteps());
    map.put("patience", safeguards.patience());
    map.put("checkpointSteps", safeguards.checkpointSteps());
    if (safeguards.tapeBytes() > 0) {
      map.put("tapeBudget", safeguards.tapeBytes() + " B");
    }
    return map;
  }

  private static Map<String, Object> scoring(RunSpec.Scoring scoring) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("sequences", scoring.sequences());
    map.put("evaluationSequences", scoring.evaluationSequences());
    map.put("batch", scoring.batch());
    map.put("metric", scoring.metric().label());
    map.put("topK", scoring.topK());
    if (scoring.benchmark() != null) {
      map.put("benchmark", scoring.benchmark());
    }
    map.put("candidates", scoring.candidates());
    if (scoring.candidateSequences() > 0) {
      map.put("candidateSequences", scoring.candidateSequences());
    }
    return map;
  }

  private static Map<String, Object> goal(Target.Goal goal) {
    Workload w = goal.workload();
    Map<String, Object> workload = new LinkedHashMap<>();
    workload.put("batch", w.batch());
    workload.put("prefill", w.prefillTokens());
    workload.put("generate", w.generationTokens());
    workload.put("weights", w.weights().name().toLowerCase(java.util.Locale.ROOT));
    workload.put("kvCache", w.kvCache().name().toLowerCase(java.util.Locale.ROOT));
    workload.put("tensorParallel", w.tensorParallel());
    Map<String, Object> limits = new LinkedHashMap<>();
    for (Limit limit : goal.limits()) {
      limits.put(RunFile.key(limit.metric()), Quantity.write(limit));
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("workload", workload);
    map.put("limits", limits);
    return map;
  }
}

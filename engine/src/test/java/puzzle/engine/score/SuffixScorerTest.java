package puzzle.engine.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.TaskFailedException;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.CorpusSplits;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.tasks.DjlEngine;
import puzzle.engine.tasks.SmallRun;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.CheckpointRef;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.Subblock;
import puzzle.model.Task;
import puzzle.model.TaskResult;
import puzzle.model.Variant;

class SuffixScorerTest {

  private static final int TOP_K = 3;

  @TempDir Path folder;
  private Path prompts;
  private RunSpec spec;
  private final DjlEngine engine = new DjlEngine(1);

  @BeforeEach
  void writeParentAndTask() throws IOException {
    prompts = folder.resolve("prompts.jsonl");
    Files.writeString(
        prompts,
        """
        {"prompt": "the parent ", "choices": ["teaches", "xqz#!", "layer"], "answer": 0}
        {"prompt": "every", "choices": [" layer", " qq"], "answer": 1}

        {"prompt": "a child ", "answer": "knows"}
        {"prompt": "block", "answer": " "}
        """);
    spec = withScoring(SmallRun.in(folder), Score.Metric.KL);
  }

  @AfterEach
  void close() {
    engine.close();
  }

  @Test
  void onePassGivesWhatTheWholeModelsLogitsSayByEveryMetric() throws Exception {
    CheckpointRef recording = record();
    Block changed = new Block(Variant.noOp(Subblock.ATTENTION), spec.space().parent().ffn());
    Score score = score(spec, 1, changed, recording);

    DecoderConfig config = HuggingFaceConfig.read(Path.of(spec.parent()));
    Architecture parent = config.architecture();
    int[][] ids =
        CorpusSplits.read(spec, config.vocabSize(), (bytes, total) -> {})
            .get(Split.SCORING)
            .read(0, spec.scoring().sequences());
    float[][][] p = logits(config, ids);
    float[][][] q = logits(config.with(parent.with(1, changed)), ids);
    double[][] differences = new double[3][ids.length];
    for (int s = 0; s < ids.length; s++) {
      for (int t = 0; t + 1 < ids[s].length; t++) {
        double[] a = logSoftmax(p[s][t]);
        double[] b = logSoftmax(q[s][t]);
        int next = ids[s][t + 1];
        for (int v = 0; v < a.length; v++) {
          differences[0][s] += Math.exp(a[v]) * (a[v] - b[v]);
        }
        differences[1][s] += a[next] - b[next];
        differences[2][s] += hit(a, next, TOP_K) - hit(b, next, TOP_K);
      }
      for (double[] d : differences) {
        d[s] /= ids[s].length - 1;
      }
    }
    Score.Metric[] metrics = {Score.Metric.KL, Score.Metric.LM_LOSS, Score.Metric.TOP_K};
    for (int m = 0; m < metrics.length; m++) {
      Score.Measure measure = score.measure(metrics[m]).orElseThrow();
      double[] d = differences[m];
      double mean = Arrays.stream(d).average().orElseThrow();
      double squares = Arrays.stream(d).map(x -> (x - mean) * (x - mean)).sum();
      // The parent's logits are kept in fp16: exact to 1e-5 where weighted by probability.
      double error = metrics[m] == Score.Metric.KL ? 1e-5 : 1e-4;
      assertEquals(mean, measure.value(), error, metrics[m].label());
      assertEquals(
          Math.sqrt(squares / (d.length - 1) / d.length),
          measure.standardError(),
          error,
          metrics[m].label());
      assertTrue(measure.standardError() > 0, metrics[m].label());
    }
    assertEquals(score.measure(Score.Metric.KL).orElseThrow().value(), score.value());
  }

  @Test
  void theTaskIsGradedByTheLikeliestChoiceAndByTheWholeAnswer() throws Exception {
    CheckpointRef recording = record();
    Block changed = new Block(Variant.noOp(Subblock.ATTENTION), Variant.noOp(Subblock.FFN));
    DecoderConfig config = HuggingFaceConfig.read(Path.of(spec.parent()));
    double parent = graded(config);
    double modified = graded(config.with(config.architecture().with(0, changed)));
    Score score = score(withScoring(spec, Score.Metric.BENCHMARK), 0, changed, recording);
    assertEquals(parent - modified, score.value(), 1e-6);
    assertEquals(score.measure(Score.Metric.BENCHMARK).orElseThrow().value(), score.value());
    assertEquals(4, score.measures().size(), "all others are kept");
  }

  /** Mean grade of the four items of the file, worked out from logits. */
  private double graded(DecoderConfig config) {
    double right = 0;
    right += best(config, "the parent ", "teaches", "xqz#!", "layer") == 0 ? 1 : 0;
    right += best(config, "every", " layer", " qq") == 1 ? 1 : 0;
    right += exact(config, "a child ", "knows") ? 1 : 0;
    right += exact(config, "block", " ") ? 1 : 0;
    return right / 4;
  }

  private int best(DecoderConfig config, String prompt, String... choices) {
    double[] sums =
        Arrays.stream(choices).mapToDouble(c -> likelihood(config, prompt, c, null)).toArray();
    int best = 0;
    for (int i = 1; i < sums.length; i++) {
      best = sums[i] > sums[best] ? i : best;
    }
    return best;
  }

  private boolean exact(DecoderConfig config, String prompt, String answer) {
    boolean[] all = {true};
    likelihood(config, prompt, answer, all);
    return all[0];
  }

  private double likelihood(DecoderConfig config, String prompt, String answer, boolean[] all) {
    int[][] ids = {(prompt + answer).chars().toArray()};
    float[][] logits = logits(config, ids)[0];
    double sum = 0;
    for (int t = prompt.length(); t < ids[0].length; t++) {
      double[] a = logSoftmax(logits[t - 1]);
      sum += a[ids[0][t]];
      if (all != null) {
        all[0] &= hit(a, ids[0][t], 1) == 1;
      }
    }
    return sum;
  }

  @Test
  void theMetricDecidesWhatTheSolverGetsAndTheOthersStay() throws Exception {
    CheckpointRef recording = record();
    Block changed = new Block(spec.space().parent().attention(), Variant.noOp(Subblock.FFN));
    Score kl = score(spec, 0, changed, recording);
    for (Score.Metric metric : Score.Metric.values()) {
      Score score = score(withScoring(spec, metric), 0, changed, recording);
      assertEquals(kl.measures(), score.measures());
      assertEquals(kl.measure(metric).orElseThrow().value(), score.value());
      assertEquals(Score.Kind.MEASURED, score.kind());
    }
    assertFalse(kl.measure(Score.Metric.LM_LOSS).orElseThrow().value() == kl.value());
  }

  @Test
  void promptsThatChangedSinceTheRecordingAreRefused() throws Exception {
    CheckpointRef recording = record();
    Files.writeString(prompts, "{\"prompt\": \"another\", \"answer\": \" one\"}\n");
    try (DjlEngine later = new DjlEngine(1)) {
      Task task =
          new Task.ScoreBlock(
              0,
              new Block(Variant.noOp(Subblock.ATTENTION), spec.space().parent().ffn()),
              false,
              new Task.Weights(null, null),
              recording);
      TaskFailedException refused =
          assertThrows(TaskFailedException.class, () -> later.run(spec, task, Monitor.NONE));
      assertEquals(Failure.Kind.INVALID_INPUT, refused.failure().kind());
      assertTrue(refused.getMessage().contains("scoring.benchmark"), refused.getMessage());
    }
  }

  @Test
  void unsoundPromptsAreRefusedWithTheirLine() throws Exception {
    for (String line :
        List.of(
            "{\"prompt\": \"p\"}",
            "{\"prompt\": \"\", \"answer\": \"a\"}",
            "{\"prompt\": \"p\", \"choices\": [\"a\", \"b\"], \"answer\": 2}",
            "{\"prompt\": \"p\", \"choices\": [\"a\"], \"answer\": 0}",
            "not json",
            "{\"prompt\": \"p\", \"answer\": \"" + "long ".repeat(20) + "\"}")) {
      Files.writeString(prompts, "{\"prompt\": \"p\", \"answer\": \"a\"}\n" + line + "\n");
      TaskFailedException refused = assertThrows(TaskFailedException.class, this::record, line);
      assertEquals(Failure.Kind.INVALID_INPUT, refused.failure().kind(), line);
      assertTrue(refused.getMessage().contains("prompts.jsonl: line 2"), refused.getMessage());
    }
  }

  private CheckpointRef record() throws TaskFailedException {
    return ((TaskResult.Recorded) engine.run(spec, new Task.Record(), Monitor.NONE)).recording();
  }

  private Score score(RunSpec of, int layer, Block block, CheckpointRef recording)
      throws TaskFailedException {
    Task task = new Task.ScoreBlock(layer, block, false, new Task.Weights(null, null), recording);
    return ((TaskResult.BlockScored) engine.run(of, task, Monitor.NONE)).score();
  }

  private RunSpec withScoring(RunSpec s, Score.Metric metric) {
    return s.with(
        d -> d.scoring = new RunSpec.Scoring(8, 8, 3, metric, TOP_K, prompts.toString(), 0, 0));
  }

  /** [sequence][token][vocabulary] of the parent's weights in a model with other blocks. */
  private float[][][] logits(DecoderConfig config, int[][] ids) {
    int length = ids[0].length;
    try (Decoder model =
        Decoder.load(config, SafetensorsFolder.open(Path.of(spec.parent())), length)) {
      float[] flat =
          Tensors.inference(
              () -> {
                NDArray x = model.embed(Tensors.ids(model.manager(), ids, 0, length));
                for (int layer = 0; layer < config.layers(); layer++) {
                  x = model.layer(layer, x);
                }
                return model.logits(x).toFloatArray();
              });
      int v = config.vocabSize();
      float[][][] logits = new float[ids.length][length][];
      for (int s = 0; s < ids.length; s++) {
        for (int t = 0; t < length; t++) {
          int at = (s * length + t) * v;
          logits[s][t] = Arrays.copyOfRange(flat, at, at + v);
        }
      }
      return logits;
    }
  }

  private static double[] logSoftmax(float[] logits) {
    double sum = 0;
    for (float l : logits) {
      sum += Math.exp(l);
    }
    double log = Math.log(sum);
    double[] out = new double[logits.length];
    Arrays.setAll(out, i -> logits[i] - log);
    return out;
  }

  private static int hit(double[] logs, int token, int k) {
    return Arrays.stream(logs).filter(l -> l > logs[token]).count() < k ? 1 : 0;
  }
}

package puzzle.engine.score;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import puzzle.model.Score;

/**
 * What a model's pass over some sequences tells of each of them, so that a pass may be divided: the
 * joined parts are measured as the whole would have been.
 *
 * @param sequences [5][sequences], see {@link puzzle.engine.nn.HeadMeasures#quality}
 * @param grades the model's, of each item of the benchmark; null if these sequences came without it
 * @param parentGrades the parent's
 */
public record Observed(float[][] sequences, double[] grades, double[] parentGrades) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What {@link #writeTo} wrote, to the bit. */
  public static Observed read(Path file) {
    try {
      return JSON.readValue(file.toFile(), Observed.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void writeTo(OutputStream out) throws IOException {
    out.write(JSON.writeValueAsBytes(this));
  }

  /** Parts of a pass, in order. */
  public static Observed joined(List<Observed> parts) {
    int rows = parts.get(0).sequences.length;
    float[][] all = new float[rows][parts.stream().mapToInt(p -> p.sequences[0].length).sum()];
    int at = 0;
    for (Observed part : parts) {
      int count = part.sequences[0].length;
      for (int row = 0; row < rows; row++) {
        System.arraycopy(part.sequences[row], 0, all[row], at, count);
      }
      at += count;
    }
    return parts.stream()
        .filter(part -> part.grades != null)
        .findFirst()
        .map(graded -> new Observed(all, graded.grades, graded.parentGrades))
        .orElse(new Observed(all, null, null));
  }

  /**
   * Means over sequences. Each measure is one of paired differences, so its standard error is that
   * of the difference, not of the two models' own spread.
   */
  public ModelEvaluator.Quality quality() {
    List<Score.Measure> measures = new ArrayList<>();
    measures.add(measure(Score.Metric.KL, doubles(sequences[0]), new double[sequences[0].length]));
    measures.add(measure(Score.Metric.LM_LOSS, doubles(sequences[1]), doubles(sequences[2])));
    measures.add(measure(Score.Metric.TOP_K, doubles(sequences[4]), doubles(sequences[3])));
    if (grades != null) {
      measures.add(measure(Score.Metric.BENCHMARK, Objects.requireNonNull(parentGrades), grades));
    }
    double loss = 0;
    for (float l : sequences[1]) {
      loss += l;
    }
    return new ModelEvaluator.Quality(
        loss / sequences[1].length, measures.get(0).value(), measures);
  }

  /** Mean of a - b with its standard error over the pairs. */
  private static Score.Measure measure(Score.Metric metric, double[] a, double[] b) {
    int n = a.length;
    double mean = 0;
    for (int i = 0; i < n; i++) {
      mean += (a[i] - b[i]) / n;
    }
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double d = a[i] - b[i] - mean;
      squares += d * d;
    }
    double error = n < 2 ? 0 : Math.sqrt(squares / (n - 1.0) / n);
    return new Score.Measure(metric, mean, error);
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}

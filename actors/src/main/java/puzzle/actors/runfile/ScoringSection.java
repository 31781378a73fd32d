package puzzle.actors.runfile;

import static puzzle.actors.runfile.Values.whole;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import puzzle.engine.score.Benchmarks;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec.Scoring;
import puzzle.model.Score;

/** The section {@code scoring}. */
final class ScoringSection {

  /**
   * @param size of the parent, asked for as soon as the section is read
   */
  static Section<Scoring, RunDraft.Scoring> section(Supplier<ParentSize> size) {
    return new Section<>(
            "Replace-one-block scores (section 4.2) and the quality of whole models.",
            () -> size.get().scoring(),
            RunDraft.Scoring::build)
        .defaults(ParentSize.TOY.scoring().build())
        .larger(ParentSize.larger(s -> s.scoring().build()))
        .blaming("metric")
        .key("sequences", whole(1), Scoring::sequences, (d, v) -> d.sequences = v)
        .means("sequences", "Held-out sequences that scores are measured on.")
        .key(
            "evaluationSequences",
            whole(1),
            Scoring::evaluationSequences,
            (d, v) -> d.evaluationSequences = v)
        .means("sequences", "Further held-out sequences, for whole models.")
        .key("batch", whole(1), Scoring::batch, (d, v) -> d.batch = v)
        .means("sequences", "Sequences per forward pass.")
        .key(
            "metric",
            Values.choice("metric", Score.Metric.class),
            Scoring::metric,
            (d, v) -> d.metric = v)
        .means("What the solver minimises: how much worse the parent gets.")
        .key("topK", whole(1), Scoring::topK, (d, v) -> d.topK = v)
        .means("tokens", "A token counts as predicted if it is among this many likeliest.")
        .key(
            "benchmark",
            Values.text("path, relative to this file, or `name:argument`", ScoringSection::named),
            Scoring::benchmark,
            (d, v) -> d.benchmark = v)
        .means(
            "Prompts with answers (JSON lines), or name:argument of an installed benchmark. The"
                + " metric benchmark needs it; with the others its grade is measured besides.")
        .otherwise("none")
        .key("candidates", whole(0), Scoring::candidates, (d, v) -> d.candidates = v)
        .means(
            "architectures",
            "The solver's best architectures, assembled and measured before one is taken. 0 or 1: the"
                + " best is taken unmeasured.")
        .key(
            "candidateSequences",
            whole(0),
            Scoring::candidateSequences,
            (d, v) -> d.candidateSequences = v)
        .means(
            "sequences",
            "Held-out sequences that candidates are measured on. 0: as many as for scores.");
  }

  private ScoringSection() {}

  /** An installed benchmark as it is, a file with its whole path. */
  private static String named(YamlTree text) {
    if (Benchmarks.installed(text.text())) {
      return text.text();
    }
    Path file = text.path();
    if (!Files.isRegularFile(file)) {
      throw text.wrong(
          file + " is neither a file nor an installed benchmark",
          "paths are relative to the run file");
    }
    return file.toString();
  }
}

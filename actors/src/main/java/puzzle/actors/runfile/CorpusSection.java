package puzzle.actors.runfile;

import java.nio.file.Files;
import java.nio.file.Path;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec.Corpus;

/** The section {@code corpus}. */
final class CorpusSection {

  static final Section<Corpus, RunDraft.Corpus> SECTION =
      new Section<>(
              "Text to calibrate, train and validate on, split by document.",
              RunDraft.Corpus::new,
              RunDraft.Corpus::build)
          .defaults(new RunDraft.Corpus().build())
          .key(
              "source",
              Values.text("path, relative to this file, or `classpath:`...", CorpusSection::source),
              Corpus::source,
              (d, v) -> d.source = v)
          .required()
          .means("A file or folder of text, JSON Lines or Parquet, or classpath: and a resource.")
          .key(
              "validationShare",
              Values.number(1e-6, 0.9),
              Corpus::validationShare,
              (d, v) -> d.validationShare = v)
          .means("share", "Share of the documents held out.")
          .key(
              "sequenceTokens",
              Values.whole(2),
              Corpus::sequenceTokens,
              (d, v) -> d.sequenceTokens = v)
          .means("tokens", "Length of the packed sequences.");

  private CorpusSection() {}

  private static String source(YamlTree source) {
    if (source.text().startsWith("classpath:")) {
      return source.text();
    }
    Path path = source.path();
    if (!Files.exists(path)) {
      throw source.wrong(path + " does not exist", "paths are relative to the run file");
    }
    return path.toString();
  }
}

package puzzle.actors.runfile;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import puzzle.model.RunDraft;
import puzzle.model.RunSpec.Corpus;
import puzzle.model.RunSpec.Corpus.Source;

/** The section {@code corpus}. */
final class CorpusSection {

  private static final Value<String> PATH =
      Values.text("path, relative to this file, or `classpath:`...", CorpusSection::path);

  private static final Section<Source, Draft> PARTS =
      new Section<>("A source of text.", Draft::new, Draft::build)
          .key("path", PATH, Source::path, (d, v) -> d.path = v)
          .required()
          .means("A file, a folder, a pattern such as part-*.jsonl.zst, or classpath: and a name.")
          .key("field", text(), Source::field, (d, v) -> d.field = v)
          .means("Field of its records that holds the text, or the messages of a conversation.")
          .usually(Source.TEXT)
          .key(
              "weight",
              Values.number(1e-6, 1e6),
              s -> s.weight() == 0 ? null : s.weight(),
              (d, v) -> d.weight = v)
          .means("Its share of the tokens, by the sum of all weights.")
          .otherwise("the sources are one pool");

  /**
   * @param size of the parent, asked for as soon as the section is read
   */
  static Section<Corpus, RunDraft.Corpus> section(Supplier<ParentSize> size) {
    return new Section<>(
            "Text to calibrate, train and validate on, split by document.",
            () -> size.get().corpus(),
            RunDraft.Corpus::build)
        .defaults(ParentSize.TOY.corpus().build())
        .larger(ParentSize.larger(s -> s.corpus().build()))
        .blaming("source")
        .key(
            "source",
            sources(),
            c -> c.sources().isEmpty() ? null : c.sources(),
            (d, v) -> d.sources = v)
        .required()
        .means(
            "Text: files, folders and patterns of plain text, JSON Lines, JSON, Parquet, Arrow and"
                + " data sets saved to disk. See docs/formats.md.")
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
        .means("tokens", "Length of the packed sequences.")
        .key(
            "packing",
            Values.choice("packing", Corpus.Packing.class),
            Corpus::packing,
            (d, v) -> d.packing = v)
        .means(
            "joined: documents end to end, attention crosses their borders. apart: a sequence is"
                + " of one document and begins as a document does; what fills none is left out.")
        .key("bos", text(), Corpus::bos, (d, v) -> d.bos = v)
        .means(
            "Token before each document, in prompts too: auto (as the tokenizer has it), none, or"
                + " its text.")
        .key("separator", text(), Corpus::separator, (d, v) -> d.separator = v)
        .means("Token after each document: auto (the parent's end of text), none, or its text.");
  }

  private CorpusSection() {}

  private static final class Draft {
    private String path;
    private String field = Source.TEXT;
    private double weight;

    Source build() {
      return new Source(path, field, weight);
    }
  }

  private static Value<String> text() {
    return Values.text("text", YamlTree::text);
  }

  /** One source or a list of them, each a path alone or a section. */
  private static Value<List<Source>> sources() {
    return Values.of(
        "path (a file, a folder or a pattern), `{path, field, weight}`, or a list of these",
        CorpusSection::describe,
        CorpusSection::several,
        v -> v.size() == 1 ? written(v.get(0)) : v.stream().map(CorpusSection::written).toList());
  }

  private static List<Source> several(YamlTree tree) {
    if (!tree.isList()) {
      return List.of(source(tree));
    }
    if (tree.items().isEmpty()) {
      throw tree.wrong("is an empty list", "name a file or a folder");
    }
    return tree.items().stream().map(CorpusSection::source).toList();
  }

  private static Source source(YamlTree tree) {
    return tree.isSection() ? PARTS.read(tree) : new Source(PATH.read(tree), Source.TEXT, 0);
  }

  private static Object written(Source source) {
    boolean plain = source.weight() == 0 && source.field().equals(Source.TEXT);
    return plain ? source.path() : PARTS.write(source);
  }

  private static void describe(ObjectNode schema) {
    ArrayNode one = schema.putArray("oneOf");
    one.add(PATH.schema()).add(PARTS.schema());
    ArrayNode item =
        one.addObject()
            .put("type", "array")
            .put("minItems", 1)
            .putObject("items")
            .putArray("oneOf");
    item.add(PATH.schema()).add(PARTS.schema());
  }

  private static String path(YamlTree source) {
    if (source.text().startsWith("classpath:")) {
      return source.text();
    }
    Path path = source.path();
    boolean pattern = source.text().matches(".*[*?\\[{].*");
    if (!pattern && !Files.exists(path)) {
      throw source.wrong(path + " does not exist", "paths are relative to the run file");
    }
    return path.toString();
  }
}

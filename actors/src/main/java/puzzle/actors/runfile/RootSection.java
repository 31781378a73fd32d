package puzzle.actors.runfile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import puzzle.engine.EngineFactory.ParentShape;
import puzzle.model.Precision;
import puzzle.model.RunDraft;
import puzzle.model.RunId;
import puzzle.model.RunSpec;

/**
 * The whole run file. Keys are read in the order they are declared in: the parent's shape is known
 * before the space.
 */
final class RootSection {

  private static final String RUN_ID = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  private final Path file;
  private final Path current;
  private final Function<Path, ParentShape> shapes;
  private final SpaceSection space = new SpaceSection(this::shape);
  private ParentShape shape;

  /**
   * @param current what the store's folder is relative to
   */
  RootSection(Path file, Path current, Function<Path, ParentShape> shapes) {
    this.file = file;
    this.current = current;
    this.shapes = shapes;
  }

  /** Of the parent of the file that was read. */
  ParentShape shape() {
    return shape;
  }

  private ParentSize size() {
    return ParentSize.of(shape.params());
  }

  Section<RunSpec, RunDraft> section() {
    return new Section<>("Puzzle4J run file.", RunDraft::new, this::spec)
        .key("apiVersion", version(), s -> RunFile.API_VERSION, (d, v) -> {})
        .required()
        .means("The version of this format.")
        .key("name", id(), RunSpec::id, (d, v) -> d.id = v)
        .means("The run's id.")
        .otherwise("the folder's name")
        .key(
            "parent",
            Values.text("path, relative to this file", this::parent),
            RunSpec::parent,
            (d, v) -> {
              d.parent = v;
              size().fill(d);
            })
        .required()
        .means("Folder of the parent's checkpoint.")
        .key(
            "store",
            Values.text(
                "path, relative to where the command is started",
                t -> t.checked(() -> absolute(t.text()))),
            RunSpec::store,
            (d, v) -> d.store = v)
        .means("Folder that the run is kept in.")
        .otherwise("`runs/` and the name")
        .key("seed", seed(), RunSpec::seed, (d, v) -> d.seed = v)
        .means("Of all that is drawn at random.")
        .usually(new RunDraft().seed)
        .key(
            "precision",
            Values.choice("precision", Precision.class),
            RunSpec::precision,
            (d, v) -> d.precision = v)
        .means(
            "What products and attention compute in. auto: bf16 where the parent's weights are bf16"
                + " and such products are faster on the machine, fp32 otherwise.")
        .usually(Values.spelt(new RunDraft().precision))
        .key("corpus", CorpusSection.section(this::size), RunSpec::corpus, (d, v) -> d.corpus = v)
        .required()
        .key("space", space.section(), RunSpec::space, (d, v) -> d.space = v)
        .key("bld", BldSection.section(this::size), RunSpec::bld, (d, v) -> d.bld = v)
        .key(
            "scoring",
            ScoringSection.section(this::size),
            RunSpec::scoring,
            (d, v) -> d.scoring = v)
        .key("profiling", ProfilingSection.SECTION, RunSpec::profiling, (d, v) -> d.profiling = v)
        .key("target", new TargetSection().section(), RunSpec::target, (d, v) -> d.target = v)
        .required()
        .key("gkd", GkdSection.section(this::size), RunSpec::gkd, (d, v) -> d.gkd = v)
        .key("retries", RetriesSection.SECTION, RunSpec::retries, (d, v) -> d.retries = v);
  }

  /** A comment on the defaults that are there because of the parent's size, or nothing. */
  String sized(RunSpec spec) {
    String words = size().words;
    List<String> keys = new ArrayList<>();
    CorpusSection.section(this::size)
        .atDefault(spec.corpus(), words)
        .forEach(key -> keys.add("corpus." + key));
    BldSection.section(this::size)
        .atDefault(spec.bld(), words)
        .forEach(key -> keys.add("bld." + key));
    ScoringSection.section(this::size)
        .atDefault(spec.scoring(), words)
        .forEach(key -> keys.add("scoring." + key));
    GkdSection.section(this::size)
        .atDefault(spec.gkd(), words)
        .forEach(key -> keys.add("gkd." + key));
    return keys.isEmpty()
        ? ""
        : "# As by default %s, see docs/run-file.md: %s.\n"
            .formatted(words, String.join(", ", keys));
  }

  private static Value<String> version() {
    return Values.of(
        "`" + RunFile.API_VERSION + "`",
        s -> s.put("const", RunFile.API_VERSION),
        t -> {
          if (!t.text().equals(RunFile.API_VERSION)) {
            throw t.wrong(t.quoted() + " is not known", "write " + RunFile.API_VERSION);
          }
          return t.text();
        },
        v -> v);
  }

  private static Value<RunId> id() {
    return Values.of(
        "letters, digits, `.`, `_` and `-`, up to 64",
        s -> s.put("type", "string").put("pattern", "^" + RUN_ID + "$"),
        t -> t.checked(() -> new RunId(t.text())),
        RunId::value);
  }

  private static Value<Long> seed() {
    return Values.of(
        "whole number from 0",
        s -> s.put("type", "integer").put("minimum", 0),
        t -> t.whole(0, Long.MAX_VALUE),
        v -> v);
  }

  private String parent(YamlTree tree) {
    Path folder = tree.path();
    if (!Files.isDirectory(folder)) {
      throw tree.wrong(folder + " is not a folder", "give the folder that holds config.json");
    }
    shape = shapes.apply(folder);
    return folder.toString();
  }

  private String absolute(String store) {
    return current.resolve(store).toAbsolutePath().normalize().toString();
  }

  private RunSpec spec(RunDraft draft) {
    if (draft.id == null) {
      Path folder = file.toAbsolutePath().normalize().getParent().getFileName();
      String name = folder == null ? "" : folder.toString();
      draft.id = new RunId(name.matches(RUN_ID) ? name : "run");
    }
    draft.store = draft.store == null ? absolute("runs/" + draft.id) : draft.store;
    draft.space = draft.space == null ? space.standard() : draft.space;
    draft.parts = shape.parts(draft.build());
    return draft.build();
  }
}

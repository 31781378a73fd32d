package puzzle.engine.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import puzzle.engine.data.PackedSequences.Pool;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Corpus.Source;

/** The text of a run file's section {@code corpus}. */
public final class RunText {

  private RunText() {}

  /**
   * Its sources: each a pool if they have weights, else one pool of all.
   *
   * @throws puzzle.model.InvalidInputException naming what is missing or of no known format
   */
  public static List<Pool> pools(RunSpec spec) {
    RecordField.Conversations chat = chat(Path.of(spec.parent()));
    List<Pool> pools = new ArrayList<>();
    Map<String, List<String>> together = new LinkedHashMap<>();
    for (Source source : spec.corpus().sources()) {
      if (source.weight() > 0) {
        pools.add(
            new Pool(
                source.path(),
                Corpus.open(List.of(source.path()), source.field(), chat),
                source.weight()));
      } else {
        together.computeIfAbsent(source.field(), f -> new ArrayList<>()).add(source.path());
      }
    }
    if (!together.isEmpty()) {
      List<Corpus> parts = new ArrayList<>();
      together.forEach((field, paths) -> parts.add(Corpus.open(paths, field, chat)));
      pools.add(new Pool("the corpus", Corpus.joined(parts), 1));
    }
    return pools;
  }

  /** Opens the parent's chat template when the first conversation is read. */
  static RecordField.Conversations chat(Path parent) {
    return new RecordField.Conversations() {
      private ChatTemplate template;

      @Override
      public synchronized String text(List<Object> messages) {
        template = template == null ? ChatTemplate.open(parent) : template;
        return template.text(messages);
      }
    };
  }

  /**
   * How its documents become sequences of one token more than is run.
   *
   * @param tokenizer of the parent
   */
  public static Packing packing(RunSpec spec, Tokenizer tokenizer, int vocabSize) {
    RunSpec.Corpus corpus = spec.corpus();
    return new Packing(
        corpus.sequenceTokens() + 1,
        vocabSize,
        SpecialTokens.of(
            Path.of(spec.parent()), tokenizer, corpus.bos(), corpus.separator(), vocabSize),
        corpus.packing() == RunSpec.Corpus.Packing.APART,
        corpus.validationShare(),
        Packing.SPLIT_SEED,
        spec.seed());
  }

  /** Tokens of a prompt to the parent: what stands before a document stands before it, too. */
  public static Function<String, int[]> prompts(RunSpec spec, int vocabSize) {
    Tokenizer tokenizer = Tokenizer.open(Path.of(spec.parent()));
    SpecialTokens special = packing(spec, tokenizer, vocabSize).special();
    return text -> special.begun(tokenizer.encode(text));
  }
}

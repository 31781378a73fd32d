package puzzle.engine.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import puzzle.engine.data.PackedSequences.Pool;
import puzzle.engine.data.PackedSequences.Watch;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;
import puzzle.model.RunSpec.Corpus.Source;

/**
 * What a run's text is, seen before the run starts: its files, and of a sample from several of them
 * documents and tokens, from which those of all are estimated by bytes. A text that is read whole
 * in this is dealt out as the run would.
 *
 * @param sources as the run file names them
 * @param special what stands around each document
 * @param apart whether a sequence is of one document
 * @param taken tokens that the run takes, for training and held out
 */
public record TextReport(List<Part> sources, SpecialTokens special, boolean apart, long taken) {

  /** Characters and files of a source that are looked at. */
  private static final int CHARACTERS = 4 << 20;

  private static final int FILES = 8;

  /**
   * One source.
   *
   * @param bytes of its files
   * @param documents estimated, or counted if it is whole
   * @param tokens likewise
   * @param leftOut documents of the sample that are no text
   * @param whole true if all of it was read
   * @param passedOver files that are no text of it
   */
  public record Part(
      Source source,
      int files,
      long bytes,
      long documents,
      long tokens,
      long leftOut,
      boolean whole,
      List<String> passedOver) {

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: %,d file(s), %,d bytes, %s%,d documents, %,d tokens%s%s%s",
          source.path(),
          files,
          bytes,
          whole ? "" : "about ",
          documents,
          tokens,
          source.weight() > 0 ? ", weight " + source.weight() : "",
          leftOut > 0 ? ", " + leftOut + " of those seen left out as no text" : "",
          passedOver.isEmpty() ? "" : ", passed over: " + String.join(" ", passedOver));
    }
  }

  /**
   * Looks at the text of a run.
   *
   * @param vocabSize of the parent
   * @throws InvalidInputException naming what the run would find wrong, as far as the sample shows
   */
  public static TextReport of(RunSpec spec, int vocabSize) {
    Tokenizer tokenizer = Tokenizer.open(Path.of(spec.parent()));
    Packing packing = RunText.packing(spec, tokenizer, vocabSize);
    long train = spec.bld().sequences() + (long) spec.gkd().steps() * spec.gkd().batch();
    long heldOut =
        (long) spec.scoring().sequences()
            + spec.scoring().evaluationSequences()
            + spec.scoring().selectionSequences();
    RecordField.Conversations chat = RunText.chat(Path.of(spec.parent()));
    List<Part> parts = new ArrayList<>();
    for (Source source : spec.corpus().sources()) {
      parts.add(part(source, new RecordField(source.field(), chat), tokenizer, packing));
    }
    if (parts.stream().allMatch(Part::whole)) {
      List<Pool> pools = RunText.pools(spec);
      new PackedSequences(pools, tokenizer, packing, null).take(train, heldOut, Watch.NONE);
    }
    return new TextReport(
        parts, packing.special(), packing.apart(), (train + heldOut) * packing.length());
  }

  private static Part part(Source source, RecordField field, Tokenizer tokenizer, Packing packing) {
    SourceFiles found = SourceFiles.at(source.path());
    List<TextFile> files = found.files();
    long bytes = files.stream().mapToLong(TextFile::bytes).sum();
    int looked = Math.min(FILES, files.size());
    long documents = 0;
    long tokens = 0;
    long read = 0;
    long leftOut = 0;
    boolean whole = looked == files.size();
    for (int i = 0; i < looked; i++) {
      TextFile file = files.get((int) ((long) i * files.size() / looked));
      List<String> texts = new ArrayList<>();
      try (Corpus.Documents some = file.of(field).documents()) {
        for (int characters = 0; characters < CHARACTERS / looked && some.hasNext(); ) {
          texts.add(some.next());
          characters += texts.get(texts.size() - 1).length();
        }
        whole &= !some.hasNext();
        read += some.bytes();
        leftOut += some.leftOut();
      }
      documents += texts.size();
      for (int[] encoded : tokenizer.encode(texts)) {
        tokens += packing.special().around(encoded).length;
      }
    }
    if (documents == 0) {
      throw new InvalidInputException(
          "corpus %s: holds no text in field \"%s\".\nMaybe its text is in another field: field of corpus.source."
              .formatted(source.path(), source.field()));
    }
    double all = whole || read == 0 ? 1 : Math.max(1, bytes / (double) read);
    return new Part(
        source,
        files.size(),
        bytes,
        Math.round(documents * all),
        Math.round(tokens * all),
        leftOut,
        whole,
        found.passedOver());
  }

  /** For people, a line each. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    sources.forEach(part -> lines.add(part.toString()));
    lines.add(
        "before each document: %s (%s); after it: %s (%s)"
            .formatted(
                named(special.bos()),
                special.bosFrom(),
                named(special.separator()),
                special.separatorFrom()));
    lines.add(
        String.format(
            Locale.ROOT,
            "%s; the run takes %,d tokens",
            apart
                ? "a sequence is of one document, what fills none is left out"
                : "documents are joined, attention crosses their borders",
            taken));
    long there = sources.stream().mapToLong(Part::tokens).sum();
    if (there < taken) {
      lines.add(
          String.format(
              Locale.ROOT,
              "warning: the text has about %,d tokens, fewer than the run takes",
              there));
    }
    return lines;
  }

  private static String named(int token) {
    return token < 0 ? "nothing" : "token " + token;
  }
}

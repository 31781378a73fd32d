package puzzle.engine.score;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import puzzle.engine.data.Corpus;
import puzzle.engine.data.SpecialTokens;
import puzzle.engine.data.Tokenizer;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.nn.Arithmetic;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.HeadMeasures;
import puzzle.engine.nn.HeadMeasures.Final;
import puzzle.engine.nn.Passes;
import puzzle.engine.nn.Passes.States;
import puzzle.engine.nn.Residency;
import puzzle.engine.nn.Tensors;
import puzzle.model.InvalidInputException;
import puzzle.model.Precision;
import puzzle.model.RunSpec;

/**
 * Measures the model of any folder on a text, alone or against its parent: next-token loss and
 * accuracy, KL(parent || model), and how often both have the same first choice. Means over all
 * predicted tokens; every token but a document's first is one. Before each document stands the
 * token that the tokenizer puts there, if it does; nothing is added behind it.
 */
public final class FolderEvaluation implements AutoCloseable {

  /** Predictions a default window has, where the model has as many positions. */
  public static final int DEFAULT_LENGTH = 1024;

  /**
   * Tokens read before the models run, if there is memory for their states: layer by layer, they
   * share one reading of each layer.
   */
  private static final int GROUP_TOKENS = 1 << 16;

  /**
   * How to measure.
   *
   * @param length predictions of a window; 0 for the model's positions, at most {@link
   *     #DEFAULT_LENGTH}
   * @param batch windows that go through a layer together
   * @param most windows of the text that are used, from its start
   * @param precision of products; AUTO is what the model's own weights and the machine suggest
   */
  public record Options(
      int length, int batch, long most, Residency residency, Precision precision) {
    public static final Options DEFAULT =
        new Options(0, 8, Long.MAX_VALUE, Residency.AUTO, Precision.AUTO);
  }

  /**
   * Means over tokens.
   *
   * @param tokens predicted
   * @param documents of the text that were begun
   * @param tooShort further ones that hold no token to predict, or no text
   * @param loss nats
   * @param top1 share of tokens that are the model's first choice
   * @param kl KL(parent || model), nats; null without a parent
   * @param agreement share of tokens where both models' first choice is the same; null without a
   *     parent
   */
  public record Result(
      long tokens,
      long documents,
      long tooShort,
      double loss,
      double top1,
      Double kl,
      Double agreement) {}

  private final ModelFolder folder;
  private final ModelFolder parentFolder;
  private final Options options;
  private final int length;
  private final Tokenizer tokenizer;
  private final Tokenizer other;
  private final SpecialTokens special;
  private final Decoder model;
  private final Decoder parent;

  private long tokens;
  private final double[] sums = new double[4];

  /**
   * Opens the models.
   *
   * @param parent null to measure the model alone
   * @throws InvalidInputException naming the file and place, if a folder is unsound or the two do
   *     not have the same vocabulary
   */
  public FolderEvaluation(Path model, Path parent, Options options) {
    this.options = options;
    this.folder = ModelFolder.open(model);
    this.parentFolder = parent == null ? null : ModelFolder.open(parent);
    int positions = folder.config().maxPositions();
    if (parentFolder != null) {
      positions = Math.min(positions, parentFolder.config().maxPositions());
      int own = folder.config().vocabSize();
      int theirs = parentFolder.config().vocabSize();
      if (own != theirs) {
        throw new InvalidInputException(
            "%s has a vocabulary of %d, its parent %s of %d.%nMaybe it is not a child of that model."
                .formatted(model, own, parent, theirs));
      }
    }
    if (options.length() > positions) {
      throw new InvalidInputException(
          "windows of %d tokens: %s has %d positions.%nMaybe ask for shorter windows."
              .formatted(options.length(), model, positions));
    }
    this.length = options.length() > 0 ? options.length() : Math.min(positions, DEFAULT_LENGTH);
    boolean own = parent == null || Files.exists(model.resolve(TOKENIZER));
    this.tokenizer = Tokenizer.open(own ? model : parent);
    this.special =
        SpecialTokens.of(
            own ? model : parent,
            tokenizer,
            RunSpec.Corpus.AUTO,
            RunSpec.Corpus.NONE,
            folder.config().vocabSize());
    this.other = parent != null && differ(model, parent) ? Tokenizer.open(parent) : null;
    this.model = open(folder);
    this.parent = parentFolder == null ? null : open(parentFolder);
  }

  private Decoder open(ModelFolder from) {
    return options
        .residency()
        .open(
            from.config(),
            from.weights(),
            length,
            Arithmetic.of(options.precision(), folder.config(), folder.weights()));
  }

  private static final String TOKENIZER = "tokenizer.json";

  private static boolean differ(Path model, Path parent) {
    Path a = model.resolve(TOKENIZER);
    Path b = parent.resolve(TOKENIZER);
    try {
      return Files.exists(a) && Files.exists(b) && Files.mismatch(a, b) >= 0;
    } catch (IOException e) {
      throw new InvalidInputException(
          a + ": cannot be read: " + e.getMessage() + ".\nMaybe check its permissions.", e);
    }
  }

  /**
   * Measures on a text.
   *
   * @throws InvalidInputException where it holds no token to predict, or the logits are not finite
   */
  public Result run(Path text) {
    tokens = 0;
    Arrays.fill(sums, 0);
    long windows = 0;
    List<int[]> group = new ArrayList<>();
    long waiting = 0;
    long begun = 0;
    long tooShort = 0;
    try (Corpus.Documents documents = EvaluationText.open(text)) {
      while (documents.hasNext() && windows < options.most()) {
        List<int[]> cut = EvaluationText.windows(encoded(documents.next()), length);
        begun += cut.isEmpty() ? 0 : 1;
        tooShort += cut.isEmpty() ? 1 : 0;
        for (int[] window : cut) {
          if (windows < options.most()) {
            windows++;
            waiting += window.length;
            group.add(window);
          }
          // Whole batches: which windows share one must not depend on memory.
          if (waiting >= groupTokens() && group.size() % options.batch() == 0) {
            measure(group);
            group.clear();
            waiting = 0;
          }
        }
      }
      tooShort += documents.empty() + documents.leftOut();
    }
    measure(group);
    if (tokens == 0) {
      throw new InvalidInputException(
          text + ": holds no token to predict.\nMaybe it is empty, or not the file meant.");
    }
    boolean against = parent != null;
    return new Result(
        tokens,
        begun,
        tooShort,
        -sums[0] / tokens,
        sums[1] / tokens,
        against ? sums[2] / tokens : null,
        against ? sums[3] / tokens : null);
  }

  /** As many as a sixteenth of the heap holds the states of, in each model. */
  private long groupTokens() {
    long state = (long) folder.config().hiddenSize() * Float.BYTES;
    return Math.min(GROUP_TOKENS, Runtime.getRuntime().maxMemory() / 16 / state);
  }

  private int[] encoded(String document) {
    int[] ids = tokenizer.encode(document);
    if (other != null && !Arrays.equals(ids, other.encode(document))) {
      throw new InvalidInputException(
          "%s and its parent %s make different tokens of the same text.%n"
                  .formatted(folder.path(), parentFolder.path())
              + "Maybe it is not a child of that model.");
    }
    for (int id : ids) {
      if (id < 0 || id >= folder.config().vocabSize()) {
        throw new InvalidInputException(
            "%s: its tokenizer gives token %d, its vocabulary has %d.%n"
                    .formatted(folder.path(), id, folder.config().vocabSize())
                + "Maybe tokenizer.json and config.json are of different models.");
      }
    }
    return special.begun(ids);
  }

  /** Runs windows through both models; those of a batch are filled up behind their end. */
  private void measure(List<int[]> windows) {
    List<int[][]> batches = new ArrayList<>();
    for (int from = 0; from < windows.size(); from += options.batch()) {
      List<int[]> batch = windows.subList(from, Math.min(windows.size(), from + options.batch()));
      int longest = batch.stream().mapToInt(w -> w.length).max().orElseThrow();
      batches.add(batch.stream().map(w -> Arrays.copyOf(w, longest)).toArray(int[][]::new));
    }
    List<States> own = states(model, batches);
    List<States> theirs = parent == null ? null : states(parent, batches);
    for (int b = 0; b < batches.size(); b++) {
      for (int w = 0; w < batches.get(b).length; w++) {
        int[] window = windows.get(b * options.batch() + w);
        add(window, w, own.get(b), theirs == null ? null : theirs.get(b));
      }
    }
  }

  private static List<States> states(Decoder of, List<int[][]> batches) {
    List<States> embedded = new ArrayList<>();
    for (int[][] ids : batches) {
      embedded.add(
          Tensors.inference(
              () -> States.of(of.embed(Tensors.ids(of.manager(), ids, 0, ids[0].length - 1)))));
    }
    return Passes.through(of, 0, embedded, () -> {});
  }

  /** Adds one window's predictions. */
  private void add(int[] window, int index, States own, States theirs) {
    int predicted = window.length - 1;
    HeadMeasures measures = HeadMeasures.of(folder.config());
    float[][] measured =
        Tensors.inference(
            () -> {
              NDManager manager = model.manager();
              NDArray targets = Tensors.ids(manager, new int[][] {window}, 1, predicted);
              Final said = new Final(model, tokens(manager, own, index, predicted));
              return theirs == null
                  ? measures.graded(said, targets)
                  : measures.against(
                      said, new Final(parent, tokens(manager, theirs, index, predicted)), targets);
            });
    for (int row = 0; row < measured.length; row++) {
      for (float value : measured[row]) {
        sums[row] += value;
      }
    }
    tokens += predicted;
    if (!Double.isFinite(sums[0]) || !Double.isFinite(sums[2])) {
      throw new InvalidInputException(
          "%s: its logits are not finite numbers.\nMaybe its weights are damaged: puzzle verify says where."
              .formatted((Double.isFinite(sums[0]) ? parentFolder : folder).path()));
    }
  }

  /** States of the first tokens of one window, [1, count, hidden]. */
  private static NDArray tokens(NDManager manager, States of, int window, int count) {
    int hidden = (int) of.shape()[2];
    int start = Math.toIntExact(window * of.shape()[1] * hidden);
    float[] part = Arrays.copyOfRange(of.values(), start, start + count * hidden);
    return Tensors.fp32(manager, part, 1, count, hidden);
  }

  @Override
  public void close() {
    model.close();
    if (parent != null) {
      parent.close();
    }
  }
}

package puzzle.engine.recording;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.data.Sequences;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.HeadMeasures;
import puzzle.engine.nn.Tensors;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.recording.RecordingIndex.Share;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;
import puzzle.model.InvalidInputException;
import puzzle.model.Part;
import puzzle.model.TaskResult;

/**
 * Runs the parent over the corpus, in three steps that may be tasks of their own: the tokens are
 * taken from the text; every share of them goes through the parent, a layer at a time, from file to
 * file, so that memory holds a batch and one layer however long the corpus and deep the parent are;
 * the shares are joined. Shares begin and end with a batch, so how many there are changes no state,
 * and importances in their rounding alone.
 *
 * <p>Training states go from layer to layer as the tape keeps them, so that they can be made again
 * from any layer of it. Those that the parent is judged by go on in fp32.
 *
 * @param batch sequences per forward pass
 * @param tapeBytes training states kept on disk, as many layers' from the first on as go in; 0 for
 *     all
 * @param type of the states on disk
 */
public record Recorder(Store store, Decoder parent, int batch, long tapeBytes, ElementType type) {

  /** Splits that are run on from the layer that is replaced: kept at every layer. */
  private static final Set<Split> EVERY_LAYER = EnumSet.of(Split.SCORING, Split.BENCHMARK);

  /** Splits that pass through the parent. */
  private static final Set<Split> RUN = EnumSet.complementOf(EnumSet.of(Split.GKD));

  /** Keeps all training states, in fp32. */
  public Recorder(Store store, Decoder parent, int batch) {
    this(store, parent, batch, 0, ElementType.F32);
  }

  /**
   * Writes the tokens of all splits.
   *
   * @param tokens sequences of equal length, one token more than is run; {@code SELECTION} and
   *     {@code BENCHMARK} may be absent
   */
  public static CheckpointRef tokens(Store store, Map<Split, Sequences> tokens) {
    return RecordedTokens.put(store, tokens);
  }

  /**
   * All steps.
   *
   * @param parts shares, done one after another; what they leave besides states is deleted
   */
  public TaskResult.Recorded run(Map<Split, Sequences> tokens, int parts, Monitor monitor) {
    CheckpointRef written = tokens(store, tokens);
    List<CheckpointRef> shares = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      shares.add(part(written, new Part(i, parts, batch), monitor));
    }
    TaskResult.Recorded recorded = join(store, parent.config(), shares);
    for (CheckpointRef share : shares) {
      // Nobody joins these again.
      Share read = share(store, share);
      if (read.activity() != null) {
        store.discard(read.activity());
      }
      store.discard(share);
    }
    return recorded;
  }

  /**
   * Runs the parent over a share of every split.
   *
   * @throws InvalidInputException if the budget holds no two layers: none could be trained
   */
  public CheckpointRef part(CheckpointRef tokens, Part part, Monitor monitor) {
    return new Run(tokens, part, monitor).run();
  }

  /**
   * Puts what the shares recorded together: reads their sums, not their states.
   *
   * @param shares in order
   */
  public static TaskResult.Recorded join(
      Store store, DecoderConfig parent, List<CheckpointRef> shares) {
    List<Share> read = shares.stream().map(ref -> share(store, ref)).toList();
    Share first = read.get(0);
    SafetensorsFile tokens = store.safetensors(first.tokens());
    Sequences train = RecordedTokens.of(tokens, Split.TRAIN);
    Sequences evaluation = RecordedTokens.of(tokens, Split.EVALUATION);
    long length = train.length() - 1L;
    SafetensorsWriter importance =
        Importance.joined(
            parent,
            read.stream()
                .filter(share -> share.activity() != null)
                .map(share -> store.safetensors(share.activity()))
                .toList(),
            train.count() * length);
    double loss =
        read.stream()
            .flatMap(share -> share.losses().stream())
            .mapToDouble(Double::doubleValue)
            .average()
            .orElseThrow();
    CheckpointRef index =
        json(
            store,
            StorePaths.RECORDING,
            new RecordingIndex(
                first.tokens(),
                store.put(StorePaths.recorded("importance"), importance::writeTo),
                first.batch(),
                loss,
                read));
    return new TaskResult.Recorded(
        index, loss, train.count() * length, evaluation.count() * length);
  }

  private static Share share(Store store, CheckpointRef ref) {
    try {
      return Recording.JSON.readValue(Files.readAllBytes(store.verify(ref)), Share.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static CheckpointRef json(Store store, String path, Object value) {
    return store.put(path, out -> out.write(Recording.JSON.writeValueAsBytes(value)));
  }

  /** One share on its way through the parent. */
  private final class Run {
    private final CheckpointRef tokens;
    private final Part part;
    private final Monitor monitor;
    private final ParentStates passes;
    private final RecordingBytes sizes;
    private final int keptLayers;
    private final Map<Split, Sequences> sequences = new EnumMap<>(Split.class);
    private final Map<Split, StateDraft> waiting = new EnumMap<>(Split.class);
    private final List<StateFile> states = new ArrayList<>();
    private final long batches;
    private long done;

    Run(CheckpointRef tokens, Part part, Monitor monitor) {
      this.tokens = tokens;
      this.part = part;
      this.monitor = monitor;
      SafetensorsFile ids = store.safetensors(tokens);
      long passing = 0;
      for (Split split : RUN) {
        if (RecordedTokens.has(ids, split)) {
          Sequences all = RecordedTokens.of(ids, split);
          int count = Math.toIntExact(all.count());
          int from = part.from(count);
          int mine = part.to(count) - from;
          if (mine > 0) {
            sequences.put(split, all.part(from, mine));
            passing += (mine + batch - 1) / batch;
          }
        }
      }
      Sequences train = RecordedTokens.of(ids, Split.TRAIN);
      int length = train.length() - 1;
      this.batches = passing * (parent.config().layers() + 1);
      this.passes = new ParentStates(store, parent, batch, length, part, this::tick);
      this.sizes = new RecordingBytes(parent.config(), length, type);
      long least = sizes.least(train.count());
      if (tapeBytes > 0 && least > tapeBytes) {
        throw new InvalidInputException(
            "bld.tapeBudget: training reads two layers' states, %d bytes, and may keep %d.%nMaybe raise it, or lower bld.sequences."
                .formatted(least, tapeBytes));
      }
      this.keptLayers = sizes.kept(train.count(), tapeBytes);
    }

    private void tick() {
      done++;
      monitor.step(Math.min(done, batches), batches, Double.NaN);
    }

    CheckpointRef run() {
      Importance importance = new Importance();
      try {
        for (Split split : sequences.keySet()) {
          pass(split, 0, drafts -> passes.embed(sequences.get(split), drafts));
        }
        for (int layer = 0; layer < parent.config().layers(); layer++) {
          for (Split split : sequences.keySet()) {
            layer(split, layer, split == Split.TRAIN ? importance : null);
          }
        }
        return json(
            store,
            StorePaths.recordedShare(part),
            new Share(tokens, batch, type, part, states, activity(importance), losses()));
      } finally {
        waiting.values().forEach(StateDraft::close);
      }
    }

    private void layer(Split split, int layer, Importance importance) {
      StateDraft input = waiting.get(split);
      boolean between = sizes.middle() && (split == Split.TRAIN || split == Split.SCORING);
      try (StateDraft middle =
          between ? passes.draft(split, Place.MIDDLE, layer, type, input.sequences()) : null) {
        pass(
            split,
            layer + 1,
            drafts ->
                passes.layer(
                    layer,
                    input,
                    middle,
                    drafts,
                    importance == null ? null : importance.watching(parent, layer)));
        if (middle != null) {
          end(middle, split, Place.MIDDLE, layer);
        }
      }
      if (importance != null && part.index() == part.of() - 1) {
        importance.addColumns(parent, layer);
      }
    }

    /**
     * Makes the states before a layer, keeps them as far as they are wanted, and leaves them
     * waiting for it.
     */
    private void pass(Split split, int layer, Consumer<List<StateDraft>> run) {
      int count = (int) sequences.get(split).count();
      boolean train = split == Split.TRAIN;
      boolean last = layer == parent.config().layers();
      StateDraft next =
          passes.draft(split, Place.INPUT, layer, train ? type : ElementType.F32, count);
      boolean copied = EVERY_LAYER.contains(split) && !last && type != ElementType.F32;
      try (StateDraft copy = copied ? passes.draft(split, Place.INPUT, layer, type, count) : null) {
        run.accept(copied ? List.of(next, copy) : List.of(next));
        if (copied) {
          next.end();
          end(copy, split, Place.INPUT, layer);
        } else {
          end(next, split, Place.INPUT, layer);
        }
      } catch (RuntimeException | Error e) {
        next.close();
        throw e;
      }
      StateDraft before = waiting.put(split, next);
      if (before != null) {
        before.close();
      }
    }

    /** Ends a file, names it where it can be asked for, and keeps it where there is room. */
    private void end(StateDraft draft, Split split, Place place, int layer) {
      CheckpointRef ref = draft.end();
      boolean train = split == Split.TRAIN;
      if (train || EVERY_LAYER.contains(split) || layer == parent.config().layers()) {
        states.add(new StateFile(split, place, layer, ref));
        if (!train || layer < keptLayers) {
          draft.keep();
        }
      }
    }

    private CheckpointRef activity(Importance importance) {
      return sequences.containsKey(Split.TRAIN)
          ? store.put(StorePaths.activity(part), importance.writer()::writeTo)
          : null;
    }

    /** The parent's loss of each sequence that is reported. */
    private List<Double> losses() {
      List<Double> losses = new ArrayList<>();
      Sequences said = sequences.get(Split.EVALUATION);
      StateDraft last = waiting.get(Split.EVALUATION);
      if (said != null) {
        passes.forEachBatch(
            last.sequences(),
            (manager, from, count) -> {
              int[][] ids = said.read(from, count);
              for (float nll :
                  HeadMeasures.of(parent.config())
                      .nll(
                          new HeadMeasures.Final(parent, last.read(manager, from, count)),
                          Tensors.ids(manager, ids, 1, ids[0].length - 1))) {
                losses.add((double) nll);
              }
            });
      }
      return losses;
    }
  }
}

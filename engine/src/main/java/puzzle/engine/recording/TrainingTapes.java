package puzzle.engine.recording;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import puzzle.engine.data.Sequences;
import puzzle.engine.nn.Decoder;
import puzzle.engine.recording.ParentStates.Source;
import puzzle.engine.recording.Recording.Place;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.recording.RecordingIndex.Share;
import puzzle.engine.store.CorruptArtefactException;
import puzzle.engine.store.Store;
import puzzle.model.CheckpointRef;
import puzzle.model.SignOfLife;

/**
 * The files of training states, within a budget of disk.
 *
 * <p>The recording names every layer's files with their SHA-256, those too that found no room. A
 * file that a training needs and that is not there is made again: the parent runs on from the
 * nearest layer before it whose states are there, or from the tokens, and what comes out must have
 * that SHA-256. Then the layers farthest away make room. So the budget costs time and changes no
 * result.
 *
 * @param tokens of the training split
 * @param budget bytes, 0 for no limit
 */
record TrainingTapes(Store store, RecordingIndex index, Sequences tokens, long budget) {

  /** Devices of one process take turns: each would make the same files. */
  private static final ReentrantLock TURN = new ReentrantLock();

  /** Opens a layer's states and those after it. Opened, they stay readable whoever makes room. */
  Recording.Training open(int layer, Place begin, Decoder parent) {
    takeTurn();
    Set<CheckpointRef> damaged = new HashSet<>();
    try {
      while (true) {
        try {
          return opened(layer, begin, parent);
        } catch (CorruptArtefactException e) {
          // Damaged, or deleted by another process since it was looked at.
          if (index.shares().stream().noneMatch(share -> share.names(e.expected()))
              || !damaged.add(e.expected())) {
            throw e;
          }
          store.discard(e.expected());
        }
      }
    } finally {
      TURN.unlock();
    }
  }

  private Recording.Training opened(int layer, Place begin, Decoder parent) {
    List<StateFile> needed = new ArrayList<>(index.files(Split.TRAIN, layer));
    needed.addAll(index.files(Split.TRAIN, Place.INPUT, layer + 1));
    if (!needed.stream().allMatch(this::present)) {
      index.shares().forEach(share -> make(share, layer, parent));
      evict(layer);
    }
    return new Recording.Training(
        index.tape(store, Split.TRAIN, begin, layer, parent),
        index.tape(store, Split.TRAIN, Place.INPUT, layer + 1, parent));
  }

  /** Whoever waits, waits as long as it takes to run the parent through some layers. */
  private static void takeTurn() {
    try {
      while (!TURN.tryLock(1, TimeUnit.SECONDS)) {
        SignOfLife.give();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while another makes training states", e);
    }
  }

  /** Makes what is missing of a share's states of a layer, and of those after it. */
  private void make(Share share, int layer, Decoder parent) {
    Sequences mine = share.of(tokens);
    if (mine.count() == 0) {
      return;
    }
    ParentStates passes =
        new ParentStates(
            store, parent, index.batch(), mine.length() - 1, share.part(), SignOfLife::give);
    int from = layer;
    while (from > 0 && !present(share.file(Place.INPUT, from))) {
      from--;
    }
    StateDraft waiting = null;
    try {
      Source input;
      if (present(share.file(Place.INPUT, from))) {
        input =
            new RecordedTape(
                List.of(store.safetensors(share.file(Place.INPUT, from).file())),
                StateFile.tensor(Split.TRAIN, Place.INPUT));
      } else {
        waiting = draft(passes, share, Place.INPUT, 0);
        passes.embed(mine, List.of(waiting));
        end(waiting, share.file(Place.INPUT, 0), layer == 0);
        input = waiting;
      }
      for (int at = from; at <= layer; at++) {
        StateFile middle = at == layer ? share.file(Place.MIDDLE, at) : null;
        StateFile output = share.file(Place.INPUT, at + 1);
        StateDraft next = draft(passes, share, Place.INPUT, at + 1);
        try (StateDraft between = middle == null ? null : draft(passes, share, Place.MIDDLE, at)) {
          passes.layer(at, input, between, List.of(next), null);
          if (between != null) {
            end(between, middle, true);
          }
          end(next, output, at + 1 >= layer);
        } finally {
          if (waiting != null) {
            waiting.close();
          }
          waiting = next;
        }
        input = next;
      }
    } finally {
      if (waiting != null) {
        waiting.close();
      }
    }
  }

  private StateDraft draft(ParentStates passes, Share share, Place place, int layer) {
    int sequences = (int) share.of(tokens).count();
    return passes.draft(Split.TRAIN, place, layer, share.type(), sequences);
  }

  private void end(StateDraft made, StateFile expected, boolean keep) {
    CheckpointRef ref = made.end();
    if (!ref.equals(expected.file())) {
      throw new IllegalStateException(
          "the states of layer %d come out as %s, recorded were %s.%nMaybe this device computes other bits than the one that recorded: raise bld.tapeBudget."
              .formatted(expected.layer(), ref, expected.file()));
    }
    if (keep && !present(expected)) {
      made.keep();
    }
  }

  /** Discards the layers farthest away until the others are within the budget. */
  private void evict(int layer) {
    TreeMap<Integer, List<StateFile>> byDistance = new TreeMap<>();
    long bytes = 0;
    for (int at = 0; !index.files(Split.TRAIN, at).isEmpty(); at++) {
      List<StateFile> there = index.files(Split.TRAIN, at).stream().filter(this::present).toList();
      if (!there.isEmpty()) {
        bytes += bytes(there);
        byDistance.put(2 * Math.abs(at - layer) + (at > layer ? 0 : 1), there);
      }
    }
    while (budget > 0 && bytes > budget && byDistance.size() > 2) {
      List<StateFile> farthest = byDistance.pollLastEntry().getValue();
      farthest.forEach(file -> store.discard(file.file()));
      bytes -= bytes(farthest);
    }
  }

  private static long bytes(List<StateFile> files) {
    return files.stream().mapToLong(file -> file.file().bytes()).sum();
  }

  private boolean present(StateFile file) {
    try {
      return Files.exists(store.resolve(file.file()))
          && Files.size(store.resolve(file.file())) == file.file().bytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

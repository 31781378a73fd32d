package puzzle.engine.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.model.Subblock;
import puzzle.model.Variant;

/**
 * The weights of a model that is gone through layer by layer: of the layer whose turn it is, and of
 * the next one while it is read on a thread of its own. The head's turn is that of the layer after
 * the last. One thread at a time calls; each turn's arrays have a manager that the other thread
 * fills before it is handed over.
 */
final class Turns implements AutoCloseable {

  private final DecoderConfig config;
  private final WeightLoader loader;
  private final NDManager manager;
  private ExecutorService reader;
  private Turn now;
  private int next;
  private CompletableFuture<Turn> coming;

  /**
   * A layer's weights, or the head's.
   *
   * @param head null but for the head's turn
   */
  record Turn(int layer, NDManager owner, List<SubblockWeights> weights, NDArray head) {

    SubblockWeights get(Subblock subblock) {
      return weights.stream()
          .filter(w -> w.variant().subblock() == subblock)
          .findFirst()
          .orElseThrow();
    }
  }

  Turns(DecoderConfig config, WeightLoader loader, NDManager manager) {
    this.config = config;
    this.loader = loader;
    this.manager = manager;
  }

  /**
   * The turn of a layer; ends the one before.
   *
   * @param variants that are to be read
   */
  Turn take(int layer, List<Variant> variants) {
    if (now == null || now.layer != layer) {
      end();
      if (coming != null && next == layer) {
        CompletableFuture<Turn> read = coming;
        coming = null;
        now = joined(read);
      } else {
        now = read(layer, variants, manager.newSubManager());
      }
    }
    return now;
  }

  /** Begins to read a layer. */
  void ahead(int layer, List<Variant> variants) {
    if (now != null && now.layer == layer || coming != null && next == layer) {
      return;
    }
    drop();
    if (reader == null) {
      reader =
          Executors.newSingleThreadExecutor(
              work -> {
                Thread thread = new Thread(work, "weights");
                thread.setDaemon(true);
                return thread;
              });
    }
    NDManager owner = manager.newSubManager();
    next = layer;
    coming = CompletableFuture.supplyAsync(() -> read(layer, variants, owner), reader);
  }

  /** Forgets what was read of a layer, as other weights take a place in it. */
  void release(int layer) {
    if (now != null && now.layer == layer) {
      end();
    }
    if (coming != null && next == layer) {
      drop();
    }
  }

  /** How many turns' weights are in memory or on their way there. */
  int held() {
    return (now == null ? 0 : 1) + (coming == null ? 0 : 1);
  }

  @Override
  public void close() {
    end();
    drop();
    if (reader != null) {
      reader.shutdown();
    }
  }

  private Turn read(int layer, List<Variant> variants, NDManager owner) {
    try {
      if (layer == config.layers()) {
        return new Turn(layer, owner, List.of(), loader.head(owner, config));
      }
      List<SubblockWeights> weights = new ArrayList<>();
      for (Variant variant : variants) {
        loader.warm(config, layer, variant);
        weights.add(loader.load(owner, config, layer, variant));
      }
      return new Turn(layer, owner, weights, null);
    } catch (RuntimeException | Error e) {
      owner.close();
      throw e;
    }
  }

  private void end() {
    if (now != null) {
      now.owner.close();
      now = null;
    }
  }

  /** Waits for what is being read, and lets it go. */
  private void drop() {
    if (coming != null) {
      coming.handle((turn, failure) -> turn).thenAccept(Turns::letGo).join();
      coming = null;
    }
  }

  private static void letGo(Turn turn) {
    if (turn != null) {
      turn.owner.close();
    }
  }

  private static Turn joined(CompletableFuture<Turn> read) {
    try {
      return read.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException own) {
        throw own;
      } else if (e.getCause() instanceof Error own) {
        throw own;
      }
      throw e;
    }
  }
}

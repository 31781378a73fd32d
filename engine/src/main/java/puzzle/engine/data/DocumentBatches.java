package puzzle.engine.data;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import puzzle.model.SignOfLife;

/** A corpus read on a thread of its own, a few batches ahead of who takes them. */
final class DocumentBatches implements AutoCloseable {

  private static final int CHARACTERS = 1 << 19;
  private static final int DOCUMENTS = 1 << 12;
  private static final int AHEAD = 4;

  /**
   * Documents one after the other.
   *
   * @param bytes of the files read when the last was
   * @param failure what ended the reading; null if it goes on, or ended well
   */
  record Batch(List<String> texts, long bytes, long leftOut, RuntimeException failure) {}

  private final BlockingQueue<Batch> queue = new ArrayBlockingQueue<>(AHEAD);
  private final Thread reader;
  private volatile boolean stopped;

  DocumentBatches(Corpus corpus) {
    reader = new Thread(() -> read(corpus), "corpus");
    reader.setDaemon(true);
    reader.start();
  }

  private void read(Corpus corpus) {
    long bytes = 0;
    long leftOut = 0;
    try (Corpus.Documents documents = corpus.documents()) {
      while (documents.hasNext() && !stopped) {
        List<String> texts = new ArrayList<>();
        for (int characters = 0;
            characters < CHARACTERS && texts.size() < DOCUMENTS && documents.hasNext(); ) {
          texts.add(documents.next());
          characters += texts.get(texts.size() - 1).length();
        }
        bytes = documents.bytes();
        leftOut = documents.leftOut();
        put(new Batch(texts, bytes, leftOut, null));
      }
      put(new Batch(List.of(), documents.bytes(), documents.leftOut(), null));
    } catch (RuntimeException e) {
      put(new Batch(List.of(), bytes, leftOut, e));
    }
  }

  private void put(Batch batch) {
    try {
      while (!stopped && !queue.offer(batch, 100, TimeUnit.MILLISECONDS)) {
        // Whoever takes them is slower, or gone.
      }
    } catch (InterruptedException e) {
      stopped = true;
    }
  }

  /** The next batch; one without documents is the last. */
  Batch next() {
    SignOfLife.give();
    try {
      Batch batch = queue.take();
      if (batch.failure() != null) {
        throw batch.failure();
      }
      return batch;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while text was read", e);
    }
  }

  @Override
  public void close() {
    stopped = true;
    reader.interrupt();
  }
}

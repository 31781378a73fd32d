package puzzle.engine.files;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is being written piece by piece: under a temporary name beside its target until it is
 * committed, and gone if it is closed before. It can be read under that name once it is finished.
 */
public final class DraftFile implements AutoCloseable {

  /** Synced on the way, so that no sync takes long. */
  private static final long SYNC_BYTES = 256L << 20;

  private final Path target;
  private final Path file;
  private final FileChannel channel;
  private final Hashing hashing;
  private final BufferedOutputStream out;
  private AtomicFile.Written written;
  private boolean committed;

  private DraftFile(Path target) throws IOException {
    this.target = target;
    this.file = AtomicFile.temporaryBeside(target);
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.hashing = new Hashing(new Syncing(Channels.newOutputStream(channel)));
    this.out = new BufferedOutputStream(hashing, 1 << 16);
  }

  /**
   * Begins a file; its folder must exist.
   *
   * @throws StorageException if it cannot be written
   */
  public static DraftFile of(Path target) {
    try {
      return new DraftFile(target);
    } catch (IOException e) {
      throw StorageException.of(target, e);
    }
  }

  /** Takes the content. Closing it does nothing. */
  public OutputStream out() {
    // Content closing the stream it was given must not close the channel before the sync.
    return out;
  }

  /** Where the content lies now. */
  public Path path() {
    return committed ? target : file;
  }

  /** Ends the content. */
  public AtomicFile.Written finish() {
    try {
      if (written == null) {
        out.flush();
        written = hashing.written();
      }
      return written;
    } catch (IOException e) {
      throw StorageException.of(target, e);
    }
  }

  /** Makes the whole content visible as the target, durably, replacing what was there. */
  public AtomicFile.Written commit() {
    finish();
    try {
      channel.force(true);
      channel.close();
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      committed = true;
      AtomicFile.syncFolder(target.toAbsolutePath().getParent());
      return written;
    } catch (IOException e) {
      throw StorageException.of(target, e);
    }
  }

  /** Deletes what was not committed. */
  @Override
  public void close() {
    try {
      channel.close();
      if (!committed) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // The name keeps it from being read.
    }
  }

  private final class Syncing extends FilterOutputStream {
    private long unsynced;

    Syncing(OutputStream to) {
      super(to);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      out.write(bytes, offset, length);
      unsynced += length;
      if (unsynced >= SYNC_BYTES) {
        channel.force(false);
        unsynced = 0;
      }
    }
  }
}

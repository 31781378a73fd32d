package puzzle.engine.files;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.concurrent.ThreadLocalRandom;
import puzzle.model.Sha256;

/**
 * Writes a file so that nobody ever sees half of it: under a temporary name in the same folder,
 * synced, renamed, and the folder synced, so that after a power cut it is there whole or not at
 * all. What a killed process leaves behind has a name no reader looks for.
 */
public final class AtomicFile {

  public static final String TEMPORARY_PREFIX = ".partial-";

  /** Produces the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /** What was written. */
  public record Written(long bytes, String sha256) {}

  private AtomicFile() {}

  /**
   * Writes or replaces one file; its folder must exist.
   *
   * @throws StorageException if it cannot be written; the target is as it was before
   */
  public static Written write(Path target, Content content) {
    Path temporary = temporaryBeside(target);
    boolean done = false;
    try {
      Written written;
      try (FileChannel channel =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        HashingStream out = new HashingStream(channel);
        // Content closing the stream it was given must not close the channel before the sync.
        BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
        content.writeTo(buffered);
        buffered.flush();
        channel.force(true);
        written = new Written(out.bytes, Sha256.hex(out.digest));
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      done = true;
      syncFolder(target.toAbsolutePath().getParent());
      return written;
    } catch (IOException e) {
      throw StorageException.of(target, e);
    } finally {
      if (!done) {
        discard(temporary);
      }
    }
  }

  /** A name beside the target that no reader looks for and no other writer uses. */
  public static Path temporaryBeside(Path target) {
    String unique =
        Long.toHexString(ProcessHandle.current().pid())
            + "-"
            + Long.toHexString(ThreadLocalRandom.current().nextLong());
    return target.resolveSibling(TEMPORARY_PREFIX + unique + "-" + target.getFileName());
  }

  public static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some systems cannot open a folder; there the rename is as durable as they make it.
    }
  }

  private static void discard(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // The name keeps it from being read.
    }
  }

  /** Counts and hashes on the way to the channel. */
  private static final class HashingStream extends OutputStream {
    private final FileChannel channel;
    private final MessageDigest digest = Sha256.digest();
    private long bytes;

    HashingStream(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      digest.update(source, offset, length);
      ByteBuffer buffer = ByteBuffer.wrap(source, offset, length);
      while (buffer.hasRemaining()) {
        bytes += channel.write(buffer);
      }
    }
  }
}

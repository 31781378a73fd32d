package puzzle.engine.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.files.StorageException;

/**
 * A file of 32-bit tokens without a name: gone once nobody reads it, however the process ends.
 * Written at its end by one thread, read at any place.
 */
final class TokenFile {

  private static final int BUFFER = 1 << 16;

  /** For messages. */
  private final Path path;

  private final FileChannel file;
  private final ByteBuffer buffer = buffer(BUFFER);
  private long written;

  private TokenFile(Path path, FileChannel file) {
    this.path = path;
    this.file = file;
  }

  /**
   * @param folder for temporary files; null for the system's
   */
  static TokenFile in(Path folder) {
    Path path = Path.of("tokens");
    try {
      path =
          folder == null
              ? Files.createTempFile(AtomicFile.TEMPORARY_PREFIX, ".tokens")
              : Files.createTempFile(folder, AtomicFile.TEMPORARY_PREFIX, ".tokens");
      FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
      Files.delete(path);
      return new TokenFile(path, file);
    } catch (IOException e) {
      throw StorageException.of(path, e);
    }
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Tokens written so far. */
  long size() {
    return written;
  }

  void append(int[] tokens) {
    for (int token : tokens) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      buffer.putInt(token);
    }
    written += tokens.length;
  }

  void flush() {
    try {
      buffer.flip();
      while (buffer.hasRemaining()) {
        file.write(buffer);
      }
      buffer.clear();
    } catch (IOException e) {
      throw StorageException.of(path, e);
    }
  }

  /** Tokens {@code from} and on; what was appended must be flushed. */
  int[] read(long from, int count) {
    ByteBuffer bytes = buffer(Math.multiplyExact(4, count));
    try {
      while (bytes.hasRemaining()) {
        if (file.read(bytes, 4 * from + bytes.position()) < 0) {
          throw new EOFException("ends before token " + (from + count));
        }
      }
    } catch (IOException e) {
      throw StorageException.of(path, e);
    }
    int[] tokens = new int[count];
    bytes.flip().asIntBuffer().get(tokens);
    return tokens;
  }

  /** All of it as sequences of one length. */
  Sequences sequences(int length) {
    flush();
    return new Sequences() {
      @Override
      public long count() {
        return written / length;
      }

      @Override
      public int length() {
        return length;
      }

      @Override
      public int[][] read(long from, int count) {
        int[][] sequences = new int[count][];
        for (int i = 0; i < count; i++) {
          sequences[i] = TokenFile.this.read((from + i) * length, length);
        }
        return sequences;
      }
    };
  }
}

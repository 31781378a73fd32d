package puzzle.engine.files;

import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import puzzle.model.Sha256;
import puzzle.model.SignOfLife;

/** Counts and hashes what goes through to another stream, and gives signs of life meanwhile. */
public final class Hashing extends DigestOutputStream {

  private long bytes;

  public Hashing(OutputStream to) {
    super(to, Sha256.digest());
  }

  @Override
  public void write(int value) throws IOException {
    super.write(value);
    bytes++;
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    super.write(source, offset, length);
    bytes += length;
    SignOfLife.give();
  }

  /** Leaves the other stream open: it is its owner's to close. */
  @Override
  public void close() throws IOException {
    flush();
  }

  /** What went through; ends the hash. */
  public AtomicFile.Written written() {
    return new AtomicFile.Written(bytes, Sha256.hex(digest));
  }
}

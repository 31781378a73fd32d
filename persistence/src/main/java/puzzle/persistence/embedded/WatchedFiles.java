package puzzle.persistence.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * The embedded journal's files, as H2 sees them, with an eye on writes that fail. H2 closes a
 * database for good at the first of them, as on a full disk, and whoever waits for it waits for
 * ever; what is on record is safe, and a process that opens it anew continues. So whoever owns the
 * process is told. H2 makes these itself, from addresses that begin with {@value #SCHEME}.
 */
public final class WatchedFiles extends FilePathWrapper {

  static final String SCHEME = "watched";

  private static final AtomicReference<Consumer<String>> LISTENER =
      new AtomicReference<>(message -> {});

  /** Makes the addresses known to H2; once is enough. */
  public static void register() {
    FilePath.register(new WatchedFiles());
  }

  /** The listener is told in words for people, on the thread that wrote. */
  public static void listen(Consumer<String> listener) {
    LISTENER.set(listener);
  }

  @Override
  public String getScheme() {
    return SCHEME;
  }

  @Override
  public FileChannel open(String mode) throws IOException {
    return new Watched(getBase().toString(), super.open(mode));
  }

  private static final class Watched extends FileBaseDefault {

    private final String name;
    private final FileChannel file;

    private Watched(String name, FileChannel file) {
      this.name = name;
      this.file = file;
    }

    @Override
    public int write(ByteBuffer bytes, long position) throws IOException {
      try {
        return file.write(bytes, position);
      } catch (IOException e) {
        throw told(e);
      }
    }

    @Override
    public void force(boolean metaData) throws IOException {
      try {
        file.force(metaData);
      } catch (IOException e) {
        throw told(e);
      }
    }

    @Override
    public int read(ByteBuffer bytes, long position) throws IOException {
      return file.read(bytes, position);
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    protected void implTruncate(long size) throws IOException {
      file.truncate(size);
    }

    @Override
    protected void implCloseChannel() throws IOException {
      file.close();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
      return file.tryLock(position, size, shared);
    }

    /** Whoever closes a file while it is written to is about to end, and needs nobody's help. */
    private IOException told(IOException e) {
      if (!(e instanceof ClosedChannelException)) {
        LISTENER
            .get()
            .accept(
                "%s: the embedded journal cannot be written: %s.".formatted(name, e.getMessage())
                    + "\nMaybe its disk is full; fix that, and the same command resumes where it"
                    + " was.");
      }
      return e;
    }
  }
}

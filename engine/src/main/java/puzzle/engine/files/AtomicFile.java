package puzzle.engine.files;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

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
    try (DraftFile draft = DraftFile.of(target)) {
      content.writeTo(draft.out());
      return draft.commit();
    } catch (IOException e) {
      throw StorageException.of(target, e);
    }
  }

  /** Writes or replaces a text file in UTF-8. */
  public static Written write(Path target, String text) {
    return write(target, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A name beside the target that no reader looks for and no other writer uses. */
  public static Path temporaryBeside(Path target) {
    String unique =
        "%s-%s"
            .formatted(
                Long.toHexString(ProcessHandle.current().pid()),
                Long.toHexString(ThreadLocalRandom.current().nextLong()));
    return target.resolveSibling(TEMPORARY_PREFIX + unique + "-" + target.getFileName());
  }

  public static void syncFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Some systems cannot open a folder; there the rename is as durable as they make it.
    }
  }
}

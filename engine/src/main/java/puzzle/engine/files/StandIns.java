package puzzle.engine.files;

import static puzzle.model.InvalidInputException.shown;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import puzzle.model.InvalidInputException;

/** What lies in a file's place where a download was not carried through. */
public final class StandIns {

  private static final byte[] POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private StandIns() {}

  /**
   * Says what a file is if it stands in for another: a Git LFS pointer, or a link to nothing, as in
   * a hub's cache that was copied without its blobs.
   *
   * @throws InvalidInputException if it is one; not if there is no such file
   */
  public static void refuse(Path file) {
    try {
      if (Files.isSymbolicLink(file) && !Files.exists(file)) {
        throw new InvalidInputException(
            ("%s: a link to %s, which is not there.%n"
                    + "Maybe a hub's cache was copied without its folder blobs, or the download broke"
                    + " off: copy with cp -rL, or fetch it again.")
                .formatted(file, shown(Files.readSymbolicLink(file).toString())));
      }
      if (Files.isRegularFile(file) && isPointer(file)) {
        throw new InvalidInputException(
            ("%s: a Git LFS pointer of %d bytes, not the file itself.%n"
                    + "Maybe run 'git lfs install' and 'git lfs pull' in its repository.")
                .formatted(file, Files.size(file)));
      }
    } catch (IOException e) {
      // Whoever reads the file says why it cannot be read.
    }
  }

  private static boolean isPointer(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(POINTER.length), POINTER);
    }
  }
}

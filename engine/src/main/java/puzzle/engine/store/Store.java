package puzzle.engine.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.files.DraftFile;
import puzzle.engine.files.Hashing;
import puzzle.engine.files.StorageException;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.model.CheckpointRef;
import puzzle.model.InvalidInputException;
import puzzle.model.Sha256;

/**
 * A run's folder of artefacts, shared between the nodes of a cluster. What is put is visible whole
 * or not at all; what is read was checked against its SHA-256 first, once per process as long as
 * size and time of modification stay. Safe for use by several threads and processes.
 */
public final class Store {

  private record Seen(long bytes, FileTime modified, String sha256) {}

  private final Path root;
  private final Map<Path, Seen> seen = new ConcurrentHashMap<>();

  private Store(Path root) {
    this.root = root;
  }

  /**
   * Opens a store, making its folder where needed.
   *
   * @throws StorageException if the folder cannot be made
   */
  public static Store open(Path root) {
    try {
      Files.createDirectories(root);
      return new Store(root.toRealPath());
    } catch (IOException e) {
      throw StorageException.of(root, e);
    }
  }

  public Path root() {
    return root;
  }

  /**
   * Writes one artefact, replacing what was there.
   *
   * @param relativePath with forward slashes; folders are made as needed
   * @throws StorageException if it cannot be written; what was there before still is
   */
  public CheckpointRef put(String relativePath, AtomicFile.Content content) {
    return reference(relativePath, AtomicFile.write(place(relativePath), content));
  }

  /**
   * Begins an artefact that is written piece by piece; it is there once it is committed.
   *
   * @throws StorageException if it cannot be written
   */
  public DraftFile draft(String relativePath) {
    return DraftFile.of(place(relativePath));
  }

  private Path place(String relativePath) {
    Path file = resolve(new CheckpointRef(relativePath, 0, "0".repeat(64)));
    try {
      Files.createDirectories(file.getParent());
      // What is written within one tick of the file system's clock has the time of what was there.
      seen.remove(file);
      return file;
    } catch (IOException e) {
      throw StorageException.of(file, e);
    }
  }

  /** What {@link #put} would return, with nothing written. */
  public CheckpointRef reference(String relativePath, AtomicFile.Content content) {
    try {
      Hashing counted = new Hashing(OutputStream.nullOutputStream());
      content.writeTo(counted);
      return reference(relativePath, counted.written());
    } catch (IOException e) {
      throw StorageException.of(root.resolve(relativePath), e);
    }
  }

  /** To what was written there. */
  public CheckpointRef reference(String relativePath, AtomicFile.Written written) {
    return new CheckpointRef(relativePath, written.bytes(), written.sha256());
  }

  /** Deletes an artefact if it is there. */
  public void discard(CheckpointRef ref) {
    Path file = resolve(ref);
    try {
      Files.deleteIfExists(file);
      seen.remove(file);
    } catch (IOException e) {
      // It only takes room; the folder goes with the run.
    }
  }

  /**
   * References to the files of a folder that was written as a whole, in the order of their names.
   *
   * @param known sums of large files, by name, which are not read again
   */
  public List<CheckpointRef> references(String folder, Map<String, String> known) {
    try (Stream<Path> files = Files.list(root.resolve(folder))) {
      List<CheckpointRef> references = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        String sum = known.get(name);
        references.add(
            new CheckpointRef(
                folder + "/" + name, Files.size(file), sum == null ? Sha256.of(file) : sum));
      }
      return references;
    } catch (IOException e) {
      throw StorageException.of(root.resolve(folder), e);
    }
  }

  /** A reference to a file that may be there, as it is now. */
  public Optional<CheckpointRef> found(String relativePath) {
    Path file = root.resolve(relativePath);
    try {
      return Files.isRegularFile(file)
          ? Optional.of(new CheckpointRef(relativePath, Files.size(file), Sha256.of(file)))
          : Optional.empty();
    } catch (IOException e) {
      throw StorageException.of(file, e);
    }
  }

  /** Where an artefact lies, unchecked. */
  public Path resolve(CheckpointRef ref) {
    Path file = root.resolve(ref.path()).normalize();
    if (!file.startsWith(root) || file.equals(root)) {
      throw new InvalidInputException(
          ref.path() + ": not a path inside " + root + ".\nMaybe the reference was tampered with.");
    }
    return file;
  }

  /**
   * The artefact's file, after its size and SHA-256 were found to be those of the reference.
   *
   * @throws CorruptArtefactException naming file, expected and actual
   */
  public Path verify(CheckpointRef ref) {
    Path file = resolve(ref);
    Seen actual;
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      if (now.size() != ref.bytes()) {
        throw corrupt(ref, file, ref.bytes() + " bytes", now.size() + " bytes");
      }
      actual = seen.get(file);
      if (actual == null
          || actual.bytes() != now.size()
          || !actual.modified().equals(now.lastModifiedTime())) {
        actual = new Seen(now.size(), now.lastModifiedTime(), Sha256.of(file));
        seen.put(file, actual);
      }
    } catch (IOException e) {
      throw corrupt(ref, file, ref.bytes() + " bytes", "not readable (" + e + ")");
    }
    if (!actual.sha256().equals(ref.sha256())) {
      throw corrupt(ref, file, "SHA-256 " + ref.sha256(), actual.sha256());
    }
    return file;
  }

  /** Reads an artefact after checking it. */
  public SafetensorsFile safetensors(CheckpointRef ref) {
    return SafetensorsFile.open(verify(ref));
  }

  private static CorruptArtefactException corrupt(
      CheckpointRef ref, Path file, String expected, String actual) {
    return new CorruptArtefactException(
        ref,
        "%s: expected %s, found %s.\nMaybe the disk lost it: it is made again."
            .formatted(file, expected, actual));
  }
}

package puzzle.actors.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The secrets of the two roles, in a file that only its owner can read: a line {@code role token}
 * each. Made when it is missing; a file that others can read is refused.
 */
public final class Tokens {

  private static final int BYTES = 32;
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Map<Role, byte[]> tokens = new EnumMap<>(Role.class);

  private Tokens(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank()) {
        continue;
      }
      String[] parts = line.strip().split("\\s+");
      Role role = role(parts[0]);
      if (parts.length != 2 || role == null || parts[1].length() < 32) {
        throw new IllegalArgumentException(
            file
                + ": a line is 'viewer TOKEN' or 'operator TOKEN', a token has 32 characters or"
                + " more.\nMaybe delete the file; a new one is made.");
      }
      tokens.put(role, parts[1].getBytes(StandardCharsets.UTF_8));
    }
    if (tokens.size() != Role.values().length) {
      throw new IllegalArgumentException(
          file + ": does not name both roles.\nMaybe delete the file; a new one is made.");
    }
  }

  /** Reads the file, or makes it with new tokens. */
  public static Tokens at(Path file) {
    try {
      if (!Files.exists(file)) {
        make(file);
      }
      if (posix(file) && !OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
        throw new IllegalArgumentException(
            file + ": others can read the tokens in it.\nMaybe chmod 600, or delete it.");
      }
      return new Tokens(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": the tokens cannot be kept: " + e.getMessage(), e);
    }
  }

  /** What a presented token allows; takes the same time whatever it is. */
  Optional<Role> role(Optional<String> presented) {
    byte[] given = presented.orElse("").getBytes(StandardCharsets.UTF_8);
    Role found = null;
    for (Map.Entry<Role, byte[]> e : tokens.entrySet()) {
      if (MessageDigest.isEqual(e.getValue(), given)) {
        found = e.getKey();
      }
    }
    return Optional.ofNullable(found);
  }

  /** For the one who started the server. */
  public String operator() {
    return new String(tokens.get(Role.OPERATOR), StandardCharsets.UTF_8);
  }

  /** For those who look. */
  public String viewer() {
    return new String(tokens.get(Role.VIEWER), StandardCharsets.UTF_8);
  }

  private static void make(Path file) throws IOException {
    SecureRandom random = new SecureRandom();
    StringBuilder text = new StringBuilder();
    for (Role role : Role.values()) {
      byte[] secret = new byte[BYTES];
      random.nextBytes(secret);
      text.append(role.label())
          .append(' ')
          .append(Base64.getUrlEncoder().withoutPadding().encodeToString(secret))
          .append('\n');
    }
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    // Complete or absent, and never readable by others, not even for a moment.
    Path part = file.resolveSibling(file.getFileName() + ".part");
    Files.deleteIfExists(part);
    if (posix(file.toAbsolutePath().getParent())) {
      Files.createFile(part, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      Files.writeString(part, text, StandardOpenOption.TRUNCATE_EXISTING);
    } else {
      Files.writeString(part, text, StandardOpenOption.CREATE_NEW);
    }
    try {
      Files.move(part, file);
    } catch (FileAlreadyExistsException e) {
      Files.deleteIfExists(part);
    }
  }

  private static boolean posix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static Role role(String label) {
    for (Role role : Role.values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    return null;
  }
}

package puzzle.engine.profile.table;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;
import puzzle.model.Sha256;
import puzzle.model.Workload;

/** Reads cost files of any known form, told apart by content; the file's hash is kept as source. */
public final class CostImport {

  private static final int HASH_DIGITS = 12;

  private CostImport() {}

  /**
   * @param workload of a file that does not say its own, or null
   * @param tensorParallel devices of a file that says its workload but not these
   */
  public static ImportedCosts read(Path file, Workload workload, int tensorParallel) {
    String name = file.getFileName().toString();
    String source = "imported " + name + " sha256:" + hash(file).substring(0, HASH_DIGITS);
    char first = firstCharacter(file);
    if (first == '[') {
      return SubblockCosts.read(JsonValue.readTable(file), source, tensorParallel);
    }
    if (first == '{') {
      if (workload == null) {
        throw new InvalidInputException(
            name
                + ": does not name the workload it was measured at.\nMaybe give --workload"
                + " b256-p1000-g1000-wfp8-kvfp8-tp1.");
      }
      return LibraryCosts.read(JsonValue.readTable(file), source, workload);
    }
    List<CostRow> rows =
        PlainCostCsv.read(file).stream()
            .map(
                row ->
                    new CostRow(
                        row.layer(),
                        row.what(),
                        row.workload(),
                        row.metric(),
                        row.value(),
                        source + ": " + row.source()))
            .toList();
    return new ImportedCosts("plain CSV", rows, List.of());
  }

  /** The workload a word such as {@code b32-p128-g32-wfp8-kvfp8-tp1} stands for. */
  public static Workload workload(String text) {
    return WorkloadName.parse(text, "--workload");
  }

  private static char firstCharacter(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      String head = new String(in.readNBytes(256), StandardCharsets.UTF_8);
      if (head.startsWith("PAR1")) {
        throw new InvalidInputException(
            file + ": Parquet holds no costs.\nMaybe a kernel table: say --kernels h100.");
      }
      return head.isBlank() ? ' ' : head.strip().charAt(0);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": " + e.getMessage() + "\nMaybe the path is wrong.", e);
    }
  }

  private static String hash(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": " + e.getMessage() + "\nMaybe the path is wrong.", e);
    }
  }
}

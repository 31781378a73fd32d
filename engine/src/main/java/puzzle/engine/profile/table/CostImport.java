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
    String source;
    String head;
    try (InputStream in = Files.newInputStream(file)) {
      source = "imported " + name + " sha256:" + Sha256.of(file).substring(0, HASH_DIGITS);
      head = new String(in.readNBytes(256), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new InvalidInputException(
          file + ": " + e.getMessage() + "\nMaybe the path is wrong.", e);
    }
    if (head.startsWith("PAR1")) {
      throw new InvalidInputException(
          file + ": Parquet holds no costs.\nMaybe a kernel table: say --kernels h100.");
    }
    if (head.startsWith("[")) {
      return SubblockCosts.read(JsonValue.readTable(file), source, tensorParallel);
    }
    if (head.startsWith("{")) {
      if (workload == null) {
        throw new InvalidInputException(
            "%s: does not name the workload it was measured at.\nMaybe give --workload b256-p1000-g1000-wfp8-kvfp8-tp1."
                .formatted(name));
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
}

package puzzle.engine.profile.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.model.InvalidInputException;

class PlainCostCsvTest {

  private static final String W = "b32-p128-g32-wfp8-kvfp8-tp1";

  @TempDir private Path folder;

  private List<CostRow> read(String rows) throws IOException {
    return readText(PlainCostCsv.HEADER + "\n" + rows);
  }

  private List<CostRow> readText(String text) throws IOException {
    return PlainCostCsv.read(Files.writeString(folder.resolve("costs.csv"), text));
  }

  @Test
  void valuesAreKeptInSecondsAndBytes() throws IOException {
    List<CostRow> rows =
        read(
            "0,attention,kv-8,%s,prefill_time,2.5,ms,lab A, H100\n".formatted(W)
                + "*,ffn,ffn-640,%s,weight_memory,3,MiB,lab A\n".formatted(W)
                + "3,block,kv-8+ffn-640,%s,kl_div,0.25,nat,lab A\n".formatted(W)
                + "*,fixed,fixed,%s,runtime,7,us,measured on cpu\n".formatted(W));
    assertEquals(0.0025, rows.get(0).value());
    assertEquals("lab A, H100", rows.get(0).source());
    assertEquals(3 << 20, rows.get(1).value());
    assertEquals(CostRow.EVERY_LAYER, rows.get(1).layer());
    assertEquals("kv-8+ffn-640", rows.get(2).what());
    assertTrue(rows.get(3).measured());
  }

  @Test
  void aByteOrderMarkIsPassedOverAndAColumnNamedTwiceRefused() throws IOException {
    String row = "0,attention,kv-8,%s,prefill_time,2.5,ms,lab\n".formatted(W);
    assertEquals(1, readText("\ufeff" + PlainCostCsv.HEADER + "\n" + row).size());
    String twice = PlainCostCsv.HEADER + ",value\n" + row.strip() + ",3\n";
    InvalidInputException e = assertThrows(InvalidInputException.class, () -> readText(twice));
    assertTrue(e.getMessage().contains("costs.csv:1: a column is named twice"), e.getMessage());
  }

  @Test
  void writesWhatItReads() throws IOException {
    List<CostRow> rows =
        read(
            "0,attention,kv-8,%s,prefill_time,2.5,ms,lab A, H100\n".formatted(W)
                + "*,ffn,ffn-linear,%s,params,12345678,count,lab B\n".formatted(W));
    assertEquals(rows, readText(PlainCostCsv.write(rows)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0,attention,kv-8,W,prefill_time,2.5,lab | costs.csv:2: 7 values",
        "0,attention,kv-8,W,prefill_time,2.5,,lab | prefill_time in ''",
        "0,attention,kv-8,W,prefill_time,2.5,MiB,lab | prefill_time in 'MiB'",
        "0,attention,kv-8,W,prefill_time,2.5,sec,lab | prefill_time in 'sec'",
        "0,attention,kv-8,W,speed,2.5,ms,lab | metric 'speed'",
        "0,attention,kv-8,W,prefill_time,-1,ms,lab | of -1.0 ms",
        "0,attention,kv-8,W,prefill_time,NaN,ms,lab | value 'NaN' is not a number",
        "0,attention,kv-8,W,prefill_time,1e300,ms,lab | 1.0E300",
        "0,attention,kv-8,W,prefill_time,0x1p3,ms,lab | value '0x1p3' is not a number",
        "0,attention,kv-8,W,prefill_time,1d,ms,lab | value '1d' is not a number",
        "0,attention,kv-8,W,prefill_time,many,ms,lab | value 'many'",
        "0,attention,kv-8,W,prefill_time,1,ms, | source '' is empty",
        "0,ffn,kv-8,W,prefill_time,1,ms,lab | is not a variant of subblock 'ffn'",
        "0,ffn,wide,W,prefill_time,1,ms,lab | unknown variant 'wide'",
        "-1,ffn,ffn-8,W,prefill_time,1,ms,lab | layer '-1'",
        "0,ffn,ffn-8,b32-p128-g32,prefill_time,1,ms,lab | not complete",
        "0,ffn,ffn-8,b0-p128-g32-wfp8-kvfp8-tp1,prefill_time,1,ms,lab | 1 or more",
        "0,ffn,ffn-8,b1-p128-g32-wint3-kvfp8-tp1,prefill_time,1,ms,lab | type 'int3'"
      })
  void aBadRowIsNamedWithItsLine(String row, String said) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> read(row.strip().replace("W", W)));
    assertTrue(e.getMessage().contains(said.strip()), e.getMessage());
    assertTrue(e.getMessage().contains("costs.csv:2: "), e.getMessage());
    assertTrue(e.getMessage().contains("\nMaybe "), e.getMessage());
  }
}

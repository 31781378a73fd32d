package puzzle.engine.profile.hopper;

import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.DOUBLE;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import blue.strategic.parquet.Dehydrator;
import blue.strategic.parquet.ParquetWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import puzzle.model.InvalidInputException;

class KernelTableReaderTest {

  private static final String GEMM = "dtype,m,n,k,latency_us\n";

  private static KernelSamples read(String text) throws IOException {
    return KernelTableReader.read(new BufferedReader(new StringReader(text)), "table.csv");
  }

  @Test
  void readsWhatItsColumnsSay() throws IOException {
    KernelSamples samples =
        read(
            "attn_dtype,kv_cache_dtype,batch_size,num_heads,num_key_value_heads,head_dim,context_len,latency_us\n"
                + "bfloat16,fp8,64,64,8,128,1024,43.5\n");
    KernelSamples.Sample sample = samples.of("decode/fp8/d128/g8").get(0);
    assertEquals(512, sample.shape()[0]);
    assertEquals(1024, sample.shape()[1]);
    assertEquals(43.5, sample.micros());
  }

  @Test
  void theColumnsUnitCounts() throws IOException {
    KernelSamples samples = read("dtype,m,n,k,latency_ms\nfp8,1,2,3,0.25\n");
    assertEquals(250, samples.of("gemm/fp8").get(0).micros());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fp8,1,2,3 | table.csv:2: 4 values for 5 columns",
        "fp8,1,2,3,4,5 | table.csv:2: 6 values",
        "int4,1,2,3,4 | dtype 'int4'",
        "fp8,0,2,3,4 | m is '0'",
        "fp8,-1,2,3,4 | m is '-1'",
        "fp8,1.5,2,3,4 | m is '1.5'",
        "fp8,99999999999,2,3,4 | m is '99999999999'",
        "fp8,1,2,3,NaN | a time of 'NaN'",
        "fp8,1,2,3,-4 | a time of '-4'",
        "fp8,1,2,3,0 | a time of '0'",
        "fp8,1,2,3,Infinity | a time of 'Infinity'",
        "fp8,1,2,3,1e12 | a time of '1e12'",
        "fp8,1,2,3,fast | a time of 'fast'"
      })
  void aBadRowIsNamed(String row, String said) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> read(GEMM + row + "\n"));
    assertTrue(e.getMessage().contains(said.strip()), e.getMessage());
    assertTrue(e.getMessage().contains("\nMaybe "), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dtype,m,n,k,latency | no column names the time's unit",
        "dtype,m,n,k,latency_us,latency_ms | both",
        "dtype,m,n,latency_us | no known kernel table",
        "dtype,m,m,n,k,latency_us | column 'm' twice"
      })
  void aHeaderWithoutAUnitOrMeaningIsRefused(String header, String said) {
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> read(header + "\n1,2,3\n"));
    assertTrue(e.getMessage().contains(said.strip()), e.getMessage());
  }

  @Test
  void headsThatCannotShareAreRefused() {
    assertThrows(
        InvalidInputException.class,
        () ->
            read(
                "attn_dtype,kv_cache_dtype,batch_size,num_heads,num_key_value_heads,head_dim,context_len,latency_us\n"
                    + "bfloat16,fp8,64,8,64,128,1024,43.5\n"));
  }

  @Test
  void anEmptyFileAndADamagedOneAreRefused(@TempDir Path folder) throws IOException {
    Path empty = Files.createFile(folder.resolve("h100_empty.csv"));
    assertThrows(InvalidInputException.class, () -> KernelTableReader.read(empty));
    Path cut = folder.resolve("h100_cut.csv.gz");
    Files.write(cut, new byte[] {0x1f, (byte) 0x8b, 8, 0, 0});
    assertThrows(InvalidInputException.class, () -> KernelTableReader.read(cut));
    assertThrows(InvalidInputException.class, () -> KernelTableReader.readFolder(folder, "h200"));
  }

  @Test
  void parquetWithTheSameColumnsReadsTheSame(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("h100_gemm.parquet");
    MessageType schema =
        Types.buildMessage()
            .required(BINARY)
            .as(LogicalTypeAnnotation.stringType())
            .named("dtype")
            .required(INT64)
            .named("m")
            .required(INT64)
            .named("n")
            .required(INT32)
            .named("k")
            .required(DOUBLE)
            .named("latency_ms")
            .named("table");
    Dehydrator<double[]> row =
        (values, out) -> {
          out.write("dtype", "fp8");
          out.write("m", (long) values[0]);
          out.write("n", (long) values[1]);
          out.write("k", (int) values[2]);
          out.write("latency_ms", values[3]);
        };
    try (var writer = ParquetWriter.writeFile(schema, file.toFile(), row)) {
      writer.write(new double[] {1, 256, 512, 0.25});
      writer.write(new double[] {2, 256, 512, 0.5});
    }
    KernelSamples samples = KernelTableReader.readFolder(folder, "h100");
    assertEquals(2, samples.of("gemm/fp8").size());
    assertEquals(250, samples.of("gemm/fp8").get(0).micros());
    Files.write(file, new byte[] {'P', 'A', 'R', '1', 0, 0, 'P', 'A', 'R', '1'});
    assertThrows(InvalidInputException.class, () -> KernelTableReader.read(file));
  }

  @Test
  void aTableThatInflatesWithoutEndIsRefused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("h100_bomb.csv.gz");
    byte[] block = new byte[1 << 20];
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < 80; i++) {
        out.write(block);
      }
    }
    InvalidInputException e =
        assertThrows(InvalidInputException.class, () -> KernelTableReader.read(file));
    assertTrue(e.getMessage().contains("bytes of text"), e.getMessage());
  }
}

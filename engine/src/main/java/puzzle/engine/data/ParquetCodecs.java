package puzzle.engine.data;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Parquet's decompressors, with gzip from the JDK: Parquet's own takes it from Hadoop, which is not
 * here. Brotli and LZO are not read.
 */
final class ParquetCodecs implements CompressionCodecFactory {

  private final CompressionCodecFactory own =
      ParquetReadOptions.builder().build().getCodecFactory();

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("nothing is written");
  }

  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return switch (codec) {
      case GZIP -> new Gzip();
      case BROTLI, LZO -> throw new UnsupportedOperationException("compressed with " + codec);
      default -> own.getDecompressor(codec);
    };
  }

  @Override
  public void release() {
    own.release();
  }

  private static final class Gzip implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput bytes, int size) throws IOException {
      return BytesInput.from(inflate(bytes.toInputStream(), size));
    }

    @Override
    public void decompress(ByteBuffer in, int inSize, ByteBuffer out, int outSize)
        throws IOException {
      byte[] bytes = new byte[inSize];
      in.get(bytes);
      out.put(inflate(new ByteArrayInputStream(bytes), outSize));
    }

    private static byte[] inflate(InputStream bytes, int size) throws IOException {
      try (InputStream in = new GZIPInputStream(bytes)) {
        byte[] inflated = in.readNBytes(size);
        if (inflated.length != size) {
          throw new EOFException(inflated.length + " bytes in a page of " + size);
        }
        return inflated;
      }
    }

    @Override
    public void release() {}
  }
}

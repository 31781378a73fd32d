package puzzle.engine.data;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/** How a file is compressed, told by its name. */
enum Compression {
  GZIP(".gz"),
  ZSTD(".zst"),
  XZ(".xz"),
  BZIP2(".bz2"),
  NONE("");

  /** KiB that an xz stream may ask for: its hardest setting takes 65 MiB. */
  private static final int XZ_MEMORY = 128 << 10;

  private final String suffix;

  Compression(String suffix) {
    this.suffix = suffix;
  }

  String suffix() {
    return suffix;
  }

  static Compression of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (Compression compression : values()) {
      if (lower.endsWith(compression.suffix)) {
        return compression;
      }
    }
    return NONE;
  }

  /** What was compressed; several streams one after the other are read as one. */
  InputStream open(InputStream in) throws IOException {
    return switch (this) {
      case GZIP -> new GZIPInputStream(in, 1 << 16);
      case ZSTD -> new ZstdInputStream(in);
      case XZ -> new XZInputStream(in, XZ_MEMORY);
      case BZIP2 -> new BZip2CompressorInputStream(in, true);
      case NONE -> in;
    };
  }
}

package puzzle.engine.data;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Buffer;
import org.apache.arrow.flatbuf.Message;
import org.apache.arrow.flatbuf.MessageHeader;
import org.apache.arrow.flatbuf.RecordBatch;
import org.apache.arrow.flatbuf.Schema;

/**
 * One field of an Arrow file, a document a row: of strings, or of lists of messages. Reads the
 * stream format, and the file format, which holds a stream between a mark and a footer. Of a record
 * batch only the buffers of that field are read. Compressed buffers are refused; {@code datasets}
 * writes none.
 *
 * <p>The metadata is read with Arrow's own classes for it; its vectors are not used, because they
 * want memory by an unsafe way that has to be opened on the command line.
 */
final class ArrowDocuments extends RowDocuments {

  private static final byte[] MARK = {'A', 'R', 'R', 'O', 'W', '1'};
  private static final int CONTINUED = -1;
  private static final int MOST_METADATA = 64 << 20;

  /** A larger buffer is mapped, not read. */
  private static final int MAPPED = 16 << 20;

  private FileChannel file;
  private long position;
  private ArrowColumn column;
  private ArrowColumn.Batch batch;
  private int rows;
  private int next;

  ArrowDocuments(String location, RecordField field) {
    super(location, field);
  }

  @Override
  Closeable open() throws IOException {
    file = FileChannel.open(Path.of(location), StandardOpenOption.READ);
    if (file.size() > 8 && read(0, MARK.length).equals(ByteBuffer.wrap(MARK))) {
      position = 8;
    }
    return file;
  }

  @Override
  String read() throws IOException {
    if (next == rows) {
      message();
      return null;
    }
    Object value = column.value(batch, next++);
    row++;
    if (value instanceof String text) {
      return TextFile.shortened(text);
    }
    String text = value instanceof List<?> list ? field.conversation(list) : null;
    return text == null ? "" : TextFile.shortened(text);
  }

  /** Reads on to the next message: the schema, or a batch of rows. */
  private void message() throws IOException {
    if (position + 4 > file.size()) {
      close();
      return;
    }
    int length = read(position, 4).getInt();
    position += 4;
    if (length == CONTINUED) {
      length = read(position, 4).getInt();
      position += 4;
    }
    if (length == 0) {
      close();
      return;
    }
    if (length < 0 || length > MOST_METADATA) {
      throw invalid("metadata of " + length + " bytes");
    }
    Message message = Message.getRootAsMessage(read(position, length));
    long body = position + length;
    if (message.bodyLength() < 0 || message.bodyLength() > file.size() - body) {
      throw new EOFException("a batch of " + message.bodyLength() + " bytes is cut off");
    }
    position = body + message.bodyLength();
    if (message.headerType() == MessageHeader.Schema) {
      column = column((Schema) message.header(new Schema()));
    } else if (message.headerType() == MessageHeader.RecordBatch && column != null) {
      RecordBatch records = (RecordBatch) message.header(new RecordBatch());
      if (records.compression() != null) {
        throw invalid("its buffers are compressed, which is not read");
      }
      rows = Math.toIntExact(records.length());
      next = 0;
      batch = new Buffers(records, body);
    }
  }

  private ArrowColumn column(Schema schema) {
    List<String> names = new ArrayList<>();
    ArrowColumn found = null;
    int buffer = 0;
    for (int i = 0; i < schema.fieldsLength(); i++) {
      ArrowColumn one = new ArrowColumn(schema.fields(i), buffer);
      buffer = one.end();
      names.add(one.name());
      found = one.name().equals(field.path()[0]) ? one : found;
    }
    if (found == null) {
      throw invalid("no column \"%s\", but %s".formatted(field.name(), names));
    }
    for (int i = 1; i < field.path().length; i++) {
      found = found.struct() ? found.child(field.path()[i]) : null;
      if (found == null) {
        throw invalid("no column \"%s\"".formatted(field.name()));
      }
    }
    if (!found.readable()) {
      throw invalid("column \"%s\" holds neither strings nor messages".formatted(field.name()));
    }
    return found;
  }

  /** The buffers of one batch, each read when it is first asked for. */
  private final class Buffers implements ArrowColumn.Batch {
    private final RecordBatch records;
    private final long body;
    private final Map<Integer, ByteBuffer> read = new HashMap<>();

    Buffers(RecordBatch records, long body) {
      this.records = records;
      this.body = body;
    }

    @Override
    public ByteBuffer buffer(int index) {
      return read.computeIfAbsent(index, this::load);
    }

    private ByteBuffer load(int index) {
      Buffer buffer = records.buffers(index);
      long from = body + buffer.offset();
      int length = Math.toIntExact(buffer.length());
      if (buffer.offset() < 0 || length < 0 || from + length > position) {
        throw invalid("a buffer lies outside of its batch");
      }
      try {
        return length <= MAPPED
            ? ArrowDocuments.this.read(from, length)
            : file.map(FileChannel.MapMode.READ_ONLY, from, length).order(ByteOrder.LITTLE_ENDIAN);
      } catch (IOException e) {
        throw unreadable(String.valueOf(e.getMessage()));
      }
    }
  }

  private ByteBuffer read(long from, int length) throws IOException {
    if (from + length > file.size()) {
      throw new EOFException("ends before byte " + (from + length));
    }
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && file.read(bytes, from + bytes.position()) >= 0) {
      // Until it is full.
    }
    return bytes.flip();
  }

  @Override
  public long bytes() {
    return position;
  }
}

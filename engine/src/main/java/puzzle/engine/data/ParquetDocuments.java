package puzzle.engine.data;

import blue.strategic.parquet.ParquetReader;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.util.List;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import puzzle.model.InvalidInputException;

/**
 * The column {@code text} of a Parquet file, a document a row; no other column is read. Holds the
 * column of one row group at a time.
 */
final class ParquetDocuments extends ReadAhead {

  private static final String COLUMN = "text";

  /** Values are taken from the column reader itself; nothing is assembled. */
  private static final GroupConverter NOTHING =
      new GroupConverter() {
        @Override
        public Converter getConverter(int field) {
          return new PrimitiveConverter() {};
        }

        @Override
        public void start() {}

        @Override
        public void end() {}
      };

  private final String location;
  private ParquetFileReader file;
  private MessageType schema;
  private ColumnReader column;
  private long left;
  private long row;

  ParquetDocuments(String location) {
    this.location = location;
  }

  @Override
  Closeable open() throws IOException {
    file =
        ParquetFileReader.open(
            ParquetReader.makeInputFile(new File(location)),
            ParquetReadOptions.builder().withCodecFactory(new ParquetCodecs()).build());
    MessageType all = file.getFileMetaData().getSchema();
    if (!all.containsField(COLUMN)
        || !all.getType(COLUMN).isPrimitive()
        || all.getType(COLUMN).asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.BINARY
        || all.getMaxRepetitionLevel(COLUMN) > 0) {
      file.close();
      throw invalid("no column \"text\" of strings");
    }
    schema = new MessageType(all.getName(), List.of(all.getType(COLUMN)));
    file.setRequestedSchema(schema);
    return file;
  }

  @Override
  String read() throws IOException {
    if (left == 0) {
      PageReadStore group = file.readNextRowGroup();
      if (group == null) {
        close();
        return null;
      }
      ColumnDescriptor descriptor = schema.getColumnDescription(new String[] {COLUMN});
      String writer = file.getFileMetaData().getCreatedBy();
      column = new ColumnReadStoreImpl(group, NOTHING, schema, writer).getColumnReader(descriptor);
      left = group.getRowCount();
      return null;
    }
    left--;
    row++;
    boolean defined =
        column.getCurrentDefinitionLevel() == column.getDescriptor().getMaxDefinitionLevel();
    String text = defined ? column.getBinary().toStringUsingUTF8() : null;
    column.consume();
    return text == null ? null : TextFile.shortened(text);
  }

  @Override
  InvalidInputException unreadable(String reason) {
    return invalid("row " + row + ": cannot be read: " + reason);
  }

  private InvalidInputException invalid(String what) {
    return new InvalidInputException(
        location + ": " + what + ".\nMaybe the file is cut off, or its text is in another column.");
  }
}

package puzzle.engine.data;

import blue.strategic.parquet.ParquetReader;
import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.NoSuchElementException;
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
final class ParquetDocuments implements Corpus.Documents {

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
  private String next;
  private boolean ended;

  ParquetDocuments(String location) {
    this.location = location;
  }

  @Override
  public boolean hasNext() {
    while (next == null && !ended) {
      try {
        if (file == null) {
          open();
        }
        advance();
      } catch (InvalidInputException e) {
        close();
        throw e;
      } catch (IOException | RuntimeException e) {
        // What the library throws at a damaged file is of many kinds.
        close();
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        throw invalid("row " + row + ": cannot be read: " + reason);
      }
    }
    return next != null;
  }

  private void open() throws IOException {
    file =
        ParquetFileReader.open(
            ParquetReader.makeInputFile(new File(location)),
            ParquetReadOptions.builder().withCodecFactory(new ParquetCodecs()).build());
    MessageType all = file.getFileMetaData().getSchema();
    if (!all.containsField(COLUMN)
        || !all.getType(COLUMN).isPrimitive()
        || all.getType(COLUMN).asPrimitiveType().getPrimitiveTypeName() != PrimitiveTypeName.BINARY
        || all.getMaxRepetitionLevel(COLUMN) > 0) {
      throw invalid("no column \"text\" of strings");
    }
    schema = new MessageType(all.getName(), List.of(all.getType(COLUMN)));
    file.setRequestedSchema(schema);
  }

  private void advance() throws IOException {
    if (left == 0) {
      PageReadStore group = file.readNextRowGroup();
      if (group == null) {
        close();
        return;
      }
      ColumnDescriptor descriptor = schema.getColumnDescription(new String[] {COLUMN});
      String writer = file.getFileMetaData().getCreatedBy();
      column = new ColumnReadStoreImpl(group, NOTHING, schema, writer).getColumnReader(descriptor);
      left = group.getRowCount();
      return;
    }
    left--;
    row++;
    if (column.getCurrentDefinitionLevel() == column.getDescriptor().getMaxDefinitionLevel()) {
      String text = column.getBinary().toStringUsingUTF8();
      next = text.isBlank() ? null : TextFile.shortened(text);
    }
    column.consume();
  }

  private InvalidInputException invalid(String what) {
    return new InvalidInputException(
        location + ": " + what + ".\nMaybe the file is cut off, or its text is in another column.");
  }

  @Override
  public String next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    String document = next;
    next = null;
    return document;
  }

  @Override
  public void close() {
    ended = true;
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // It was only read.
    }
  }
}

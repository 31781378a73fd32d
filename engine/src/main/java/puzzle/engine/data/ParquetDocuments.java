package puzzle.engine.data;

import blue.strategic.parquet.ParquetReader;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
import org.apache.parquet.schema.Type;

/**
 * One field of a Parquet file, a document a row: a column of strings, or a list of messages, each
 * with columns of strings. No other column is read. Holds those of one row group at a time.
 */
final class ParquetDocuments extends RowDocuments {

  /** Values are taken from the column readers themselves; nothing is assembled. */
  private static final GroupConverter NOTHING =
      new GroupConverter() {
        @Override
        public Converter getConverter(int field) {
          return this;
        }

        @Override
        public GroupConverter asGroupConverter() {
          return this;
        }

        @Override
        public boolean isPrimitive() {
          return true;
        }

        @Override
        public PrimitiveConverter asPrimitiveConverter() {
          return new PrimitiveConverter() {};
        }

        @Override
        public void start() {}

        @Override
        public void end() {}
      };

  private ParquetFileReader file;
  private MessageType schema;
  private final Map<String, ColumnReader> columns = new LinkedHashMap<>();
  private boolean messages;
  private long left;
  private long groups;
  private long done;

  ParquetDocuments(String location, RecordField field) {
    super(location, field);
  }

  @Override
  Closeable open() throws IOException {
    file =
        ParquetFileReader.open(
            ParquetReader.makeInputFile(new File(location)),
            ParquetReadOptions.builder().withCodecFactory(new ParquetCodecs()).build());
    MessageType all = file.getFileMetaData().getSchema();
    String[] path = field.path();
    if (!all.containsField(path[0])) {
      file.close();
      throw invalid("no column \"%s\", but %s".formatted(field.name(), names(all)));
    }
    schema = new MessageType(all.getName(), List.of(all.getType(path[0])));
    List<ColumnDescriptor> wanted = wanted();
    if (wanted.isEmpty()) {
      file.close();
      throw invalid(
          "column \"%s\" holds neither strings nor messages of strings".formatted(field.name()));
    }
    file.setRequestedSchema(schema);
    return file;
  }

  private static List<String> names(MessageType schema) {
    return schema.getFields().stream().map(Type::getName).toList();
  }

  /** The one column of strings, or those of the messages. */
  private List<ColumnDescriptor> wanted() {
    String[] path = field.path();
    List<ColumnDescriptor> wanted = new ArrayList<>();
    for (ColumnDescriptor column : schema.getColumns()) {
      String[] own = column.getPath();
      boolean below =
          own.length >= path.length && Arrays.equals(own, 0, path.length, path, 0, path.length);
      boolean strings =
          column.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
      if (below && strings && own.length == path.length && column.getMaxRepetitionLevel() == 0) {
        return List.of(column);
      }
      if (below && strings && column.getMaxRepetitionLevel() == 1) {
        wanted.add(column);
      }
    }
    messages = wanted.stream().anyMatch(c -> last(c).equals("role"));
    return messages ? wanted : List.of();
  }

  private static String last(ColumnDescriptor column) {
    return column.getPath()[column.getPath().length - 1];
  }

  @Override
  String read() throws IOException {
    if (left == 0) {
      PageReadStore group = file.readNextRowGroup();
      if (group == null) {
        close();
        return null;
      }
      String writer = file.getFileMetaData().getCreatedBy();
      ColumnReadStoreImpl store = new ColumnReadStoreImpl(group, NOTHING, schema, writer);
      columns.clear();
      wanted().forEach(column -> columns.put(last(column), store.getColumnReader(column)));
      left = group.getRowCount();
      done +=
          groups < file.getRowGroups().size()
              ? file.getRowGroups().get((int) groups++).getCompressedSize()
              : 0;
      return null;
    }
    left--;
    row++;
    if (messages) {
      return shortened(conversation());
    }
    return shortened(value(columns.values().iterator().next()));
  }

  private static String shortened(String text) {
    return text == null ? "" : TextFile.shortened(text);
  }

  /** The next value of a column, null where it is absent. */
  private static String value(ColumnReader column) {
    boolean defined =
        column.getCurrentDefinitionLevel() == column.getDescriptor().getMaxDefinitionLevel();
    String text = defined ? column.getBinary().toStringUsingUTF8() : null;
    column.consume();
    return text;
  }

  /** The messages of a row: its columns have as many entries each. */
  private String conversation() {
    List<Map<String, Object>> list = new ArrayList<>();
    boolean first = true;
    for (Map.Entry<String, ColumnReader> column : columns.entrySet()) {
      int i = 0;
      do {
        String text = value(column.getValue());
        if (first) {
          list.add(new LinkedHashMap<>());
        }
        if (text != null) {
          list.get(i).put(column.getKey(), text);
        }
        i++;
      } while (column.getValue().getCurrentRepetitionLevel() > 0);
      first = false;
    }
    return field.conversation(list);
  }

  @Override
  public long bytes() {
    return done;
  }
}

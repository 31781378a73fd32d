package puzzle.engine.data;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.flatbuf.Field;
import org.apache.arrow.flatbuf.Type;

/**
 * A column of an Arrow schema and where its buffers stand in a record batch: those of all columns
 * follow one another, a column's own before its children's. Reads strings, and structs and lists of
 * them; what else a struct holds is left out.
 */
final class ArrowColumn {

  /** Buffers of a record batch by index, and the rows of each column. */
  interface Batch {
    ByteBuffer buffer(int index);
  }

  private final Field field;
  private final int firstBuffer;
  private final List<ArrowColumn> children = new ArrayList<>();
  private final int end;

  /**
   * @param firstBuffer index of its first buffer in a record batch
   * @throws IllegalArgumentException if its buffers cannot be counted
   */
  ArrowColumn(Field field, int firstBuffer) {
    this.field = field;
    this.firstBuffer = firstBuffer;
    int next = firstBuffer + own(field);
    for (int i = 0; field.dictionary() == null && i < field.childrenLength(); i++) {
      ArrowColumn child = new ArrowColumn(field.children(i), next);
      children.add(child);
      next = child.end;
    }
    this.end = next;
  }

  private static int own(Field field) {
    if (field.dictionary() != null) {
      return 2;
    }
    return switch (field.typeType()) {
      case Type.Null, Type.RunEndEncoded -> 0;
      case Type.Struct_, Type.FixedSizeList -> 1;
      case Type.Utf8, Type.LargeUtf8, Type.Binary, Type.LargeBinary -> 3;
      case Type.BinaryView, Type.Utf8View, Type.ListView, Type.LargeListView, Type.Union ->
          throw new IllegalArgumentException(
              "column \"%s\" is of the type %s, which is not read"
                  .formatted(field.name(), Type.name(field.typeType())));
      default -> 2;
    };
  }

  String name() {
    return field.name();
  }

  /** Index behind its last buffer. */
  int end() {
    return end;
  }

  ArrowColumn child(String name) {
    return children.stream().filter(c -> c.name().equals(name)).findFirst().orElse(null);
  }

  /** True for strings, and for lists of structs, which may be messages. */
  boolean readable() {
    return strings() || list() && children.get(0).field.typeType() == Type.Struct_;
  }

  boolean struct() {
    return field.dictionary() == null && field.typeType() == Type.Struct_;
  }

  private boolean strings() {
    return field.dictionary() == null
        && (field.typeType() == Type.Utf8 || field.typeType() == Type.LargeUtf8);
  }

  private boolean list() {
    return field.typeType() == Type.List || field.typeType() == Type.LargeList;
  }

  /** A string, a list or a map; null where there is none or it is of another type. */
  Object value(Batch batch, int row) {
    if (field.typeType() == Type.Null || !valid(batch.buffer(firstBuffer), row)) {
      return null;
    } else if (strings()) {
      boolean wide = field.typeType() == Type.LargeUtf8;
      ByteBuffer offsets = batch.buffer(firstBuffer + 1);
      int from = offset(offsets, row, wide);
      byte[] bytes = new byte[offset(offsets, row + 1, wide) - from];
      batch.buffer(firstBuffer + 2).get(from, bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } else if (struct()) {
      Map<String, Object> map = new LinkedHashMap<>();
      for (ArrowColumn child : children) {
        Object value = child.value(batch, row);
        if (value != null) {
          map.put(child.name(), value);
        }
      }
      return map;
    } else if (list()) {
      boolean wide = field.typeType() == Type.LargeList;
      ByteBuffer offsets = batch.buffer(firstBuffer + 1);
      List<Object> list = new ArrayList<>();
      for (int i = offset(offsets, row, wide); i < offset(offsets, row + 1, wide); i++) {
        list.add(children.get(0).value(batch, i));
      }
      return list;
    }
    return null;
  }

  private static boolean valid(ByteBuffer bits, int row) {
    return bits.limit() == 0 || (bits.get(row >> 3) >> (row & 7) & 1) == 1;
  }

  private static int offset(ByteBuffer offsets, int row, boolean wide) {
    return wide ? Math.toIntExact(offsets.getLong(8 * row)) : offsets.getInt(4 * row);
  }
}

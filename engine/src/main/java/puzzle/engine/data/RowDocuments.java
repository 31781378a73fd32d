package puzzle.engine.data;

import puzzle.model.InvalidInputException;

/** One field of a file of columns, a document a row. */
abstract class RowDocuments extends ReadAhead {

  final String location;
  final RecordField field;

  /** Rows read. */
  long row;

  RowDocuments(String location, RecordField field) {
    this.location = location;
    this.field = field;
  }

  @Override
  final String place() {
    return location + ": row " + row;
  }

  @Override
  final InvalidInputException unreadable(String reason) {
    return invalid("row " + row + ": cannot be read: " + reason);
  }

  final InvalidInputException invalid(String what) {
    return new InvalidInputException(
        location + ": " + what + ".\nMaybe the file is cut off, or its text is in another column.");
  }
}

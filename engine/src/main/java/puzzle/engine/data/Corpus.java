package puzzle.engine.data;

import java.util.Iterator;
import java.util.List;

/** Documents of text, read as they are asked for; any number of times, always in the same order. */
public interface Corpus {

  /** The documents, none blank, from the first. */
  Documents documents();

  /**
   * Documents one at a time, to be closed; fails with {@link puzzle.model.InvalidInputException} at
   * what cannot be read, naming file and line.
   */
  interface Documents extends Iterator<String>, AutoCloseable {
    @Override
    void close();
  }

  /** A corpus of documents at hand. */
  static Corpus of(List<String> documents) {
    List<String> kept = documents.stream().filter(text -> !text.isBlank()).toList();
    return () -> ManyDocuments.over(kept.iterator());
  }

  /**
   * A corpus of files, told by their names, each also as {@code .gz}:
   *
   * <ul>
   *   <li>{@code .jsonl}, {@code .ndjson}: an object a line, the document in its field {@code text}
   *   <li>{@code .lines.txt}: a document a line, the last of its tab-separated columns
   *   <li>{@code .parquet}: a document a row, in the column {@code text}
   *   <li>any other: plain text, documents separated by blank lines
   * </ul>
   *
   * @param locations files, folders (all files below, in the order of their names) or {@code
   *     classpath:} resources
   * @throws puzzle.model.InvalidInputException if one does not exist
   */
  static Corpus open(List<String> locations) {
    List<TextFile> files = locations.stream().flatMap(TextFile::at).toList();
    return () -> new ManyDocuments(files);
  }

  /** A corpus of one location. */
  static Corpus open(String location) {
    return open(List.of(location));
  }
}

package puzzle.engine.data;

import java.util.Iterator;
import java.util.List;
import puzzle.model.RunSpec.Corpus.Source;

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

    /** Bytes of the files read so far, compressed as they are. */
    default long bytes() {
      return 0;
    }

    /** Records passed over so far whose text is blank. */
    default long empty() {
      return 0;
    }

    /** Documents left out so far because they are no text. */
    default long leftOut() {
      return 0;
    }
  }

  /** Bytes of all files; 0 if that is not known. */
  default long bytes() {
    return 0;
  }

  /** A corpus of documents at hand. */
  static Corpus of(List<String> documents) {
    List<String> kept = documents.stream().filter(text -> !text.isBlank()).toList();
    return () -> ManyDocuments.over(kept.iterator());
  }

  /**
   * A corpus of files; their names say what is in them, see {@link Format} and {@link Compression}.
   *
   * @param locations files, folders, patterns or {@code classpath:} resources
   * @throws puzzle.model.InvalidInputException if one does not exist or is of no known format
   */
  static Corpus open(List<String> locations) {
    return open(locations, Source.TEXT, RecordField.NO_CHAT);
  }

  /**
   * The same, of another field of the records.
   *
   * @param chat makes texts of conversations
   */
  static Corpus open(List<String> locations, String field, RecordField.Conversations chat) {
    RecordField read = new RecordField(field, chat);
    List<TextFile> files =
        locations.stream()
            .flatMap(location -> SourceFiles.at(location).files().stream())
            .map(file -> file.of(read))
            .toList();
    return new Corpus() {
      @Override
      public Documents documents() {
        return new ManyDocuments(files);
      }

      @Override
      public long bytes() {
        return files.stream().mapToLong(TextFile::bytes).sum();
      }
    };
  }

  /** True if a file of that name is plain text, as it is or compressed. */
  static boolean plain(String name) {
    return Format.of(name).filter(format -> format == Format.PARAGRAPHS).isPresent();
  }

  /** True if a file of that name is compressed. */
  static boolean compressed(String name) {
    return Compression.of(name) != Compression.NONE;
  }

  /** Several, one after the other. */
  static Corpus joined(List<Corpus> corpora) {
    return corpora.size() == 1
        ? corpora.get(0)
        : new Corpus() {
          @Override
          public Documents documents() {
            return new ManyDocuments(corpora);
          }

          @Override
          public long bytes() {
            return corpora.stream().mapToLong(Corpus::bytes).sum();
          }
        };
  }

  /** A corpus of one location. */
  static Corpus open(String location) {
    return open(List.of(location));
  }
}

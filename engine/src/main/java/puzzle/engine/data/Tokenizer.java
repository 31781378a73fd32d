package puzzle.engine.data;

import java.nio.file.Path;
import java.util.List;
import puzzle.engine.files.StandIns;

/** Text to token ids, as the model was trained with; no special tokens are added. */
public interface Tokenizer {

  int[] encode(String text);

  /** The tokens of each text, computed on all cores where that is worth it. */
  default int[][] encode(List<String> texts) {
    return texts.stream().map(this::encode).toArray(int[][]::new);
  }

  /**
   * The tokenizer of a model's folder, from its {@code tokenizer.json}. One whose ids are the bytes
   * of UTF-8 is recognised and computed directly.
   *
   * @throws puzzle.model.InvalidInputException naming the file, if it is missing or unsound
   */
  static Tokenizer open(Path folder) {
    Path file = folder.resolve("tokenizer.json");
    StandIns.refuse(file);
    return ByteTokenizer.describes(file) ? new ByteTokenizer() : new SubwordTokenizer(file);
  }
}

package puzzle.engine.data;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;

/**
 * Any {@code tokenizer.json}, through Hugging Face's own tokenizers library.
 *
 * <p>That library is native, and some of its errors end the process, not the call. A file is
 * therefore tried in a process of its own first; it costs about a second, once per start.
 */
final class SubwordTokenizer implements Tokenizer {

  private static final long MAX_BYTES = 256L << 20;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .build();

  /** Kept for the life of the process: a run has one parent, so one of these. */
  private final HuggingFaceTokenizer tokenizer;

  SubwordTokenizer(Path file) {
    checkJson(file);
    checkSame(file);
    TokenizerTrial.run(file);
    try {
      tokenizer = load(file);
    } catch (IOException | RuntimeException e) {
      throw invalid(file, String.valueOf(e.getMessage()));
    }
  }

  /** Truncation is on by default, at 512 tokens. */
  static HuggingFaceTokenizer load(Path file) throws IOException {
    return HuggingFaceTokenizer.builder()
        .optTokenizerPath(file)
        .optAddSpecialTokens(false)
        .optTruncation(false)
        .optPadding(false)
        .build();
  }

  private static void checkJson(Path file) {
    if (!Files.isRegularFile(file)) {
      throw missing(file);
    }
    try (JsonParser json = JSON.createParser(file.toFile())) {
      if (Files.size(file) > MAX_BYTES) {
        throw invalid(file, "more than " + MAX_BYTES + " bytes");
      }
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw invalid(file, "not a JSON object");
      }
      while (json.nextToken() != null) {
        // To the end, for its errors.
      }
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String place = at == null ? "" : "line " + at.getLineNr() + ", column " + at.getColumnNr();
      throw invalid(file, place + ": " + e.getOriginalMessage());
    } catch (IOException e) {
      throw invalid(file, String.valueOf(e.getMessage()));
    }
  }

  /** A text must give the same tokens whenever it is asked for. */
  private static void checkSame(Path file) {
    JsonValue model = TokenizerFields.read(file).at("model");
    if (model.has("dropout") && model.number("dropout") != 0) {
      throw model.bad(
          "dropout",
          "makes other tokens of a text each time",
          "it was left on after the tokenizer's training: set it to null");
    }
  }

  static InvalidInputException missing(Path file) {
    return new InvalidInputException(
        "%s: no such file.\nMaybe the model comes with tokenizer.model only: convert it to tokenizer.json."
            .formatted(file));
  }

  static InvalidInputException invalid(Path file, String reason) {
    String line = reason.lines().findFirst().orElse("unknown error");
    return new InvalidInputException(
        file + ": not a tokenizer: " + line + ".\nMaybe it is cut off or edited: fetch it again.");
  }

  @Override
  public int[] encode(String text) {
    return encode(List.of(text))[0];
  }

  /**
   * Asks the native library itself: of an encoding only the ids are wanted, not its eight parts.
   */
  @Override
  public int[][] encode(List<String> texts) {
    long[] encodings =
        TokenizersLibrary.LIB.batchEncode(
            tokenizer.getHandle(), texts.toArray(String[]::new), false);
    int[][] all = new int[encodings.length][];
    for (int i = 0; i < encodings.length; i++) {
      long[] ids = TokenizersLibrary.LIB.getTokenIds(encodings[i]);
      TokenizersLibrary.LIB.deleteEncoding(encodings[i]);
      all[i] = new int[ids.length];
      for (int t = 0; t < ids.length; t++) {
        all[i][t] = (int) ids[t];
      }
    }
    return all;
  }
}

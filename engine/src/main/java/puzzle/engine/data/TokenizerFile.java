package puzzle.engine.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a {@code tokenizer.json} says of itself, read without the library that runs it. */
public final class TokenizerFile {

  private TokenizerFile() {}

  /**
   * The largest token id that it names, or -1: every whole number in {@code model.vocab}, every
   * {@code id} of {@code added_tokens}; where the vocabulary is a list, its places.
   *
   * @throws puzzle.model.InvalidInputException if it is missing or no JSON
   */
  public static long largestId(Path file) {
    if (!Files.isRegularFile(file)) {
      throw SubwordTokenizer.missing(file);
    }
    try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
      long largest = -1;
      while (json.nextToken() != null) {
        if (json.currentToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          if (name.equals("vocab")) {
            largest = Math.max(largest, ofVocabulary(json));
          } else if (name.equals("id") && json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
            largest = Math.max(largest, json.getLongValue());
          }
        }
      }
      return largest;
    } catch (IOException e) {
      throw SubwordTokenizer.invalid(file, String.valueOf(e.getMessage()));
    }
  }

  private static long ofVocabulary(JsonParser json) throws IOException {
    long largest = -1;
    if (json.nextToken() == JsonToken.START_ARRAY) {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        json.skipChildren();
        largest++;
      }
    } else if (json.currentToken() == JsonToken.START_OBJECT) {
      while (json.nextToken() != JsonToken.END_OBJECT) {
        if (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
          largest = Math.max(largest, json.getLongValue());
        } else {
          json.skipChildren();
        }
      }
    }
    return largest;
  }
}

package puzzle.engine.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import puzzle.engine.json.JsonValue;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec.Corpus;

/**
 * The tokens that stand before and after a document.
 *
 * <p>Before: what the model's tokenizer puts there by itself. {@code add_bos_token} of {@code
 * tokenizer_config.json} decides where it is given, else the post-processor of {@code
 * tokenizer.json}. Llama 3 and Mistral were trained with it, and it takes up attention that has
 * nowhere else to go; Qwen was not.
 *
 * <p>After: the end of a text. Of the tokens that {@code config.json}, {@code
 * generation_config.json} and the tokenizer name as ends, the first that is an end of text by its
 * name; a model that was trained on conversations names the end of a turn there too. If it names
 * only ends of turns, an end of text that the tokenizer has; else the first that is named.
 *
 * @param bos -1 for none
 * @param separator -1 for none
 * @param bosFrom why, for people
 * @param separatorFrom likewise
 */
public record SpecialTokens(int bos, int separator, String bosFrom, String separatorFrom) {

  /** For texts of bytes: a line feed after each document, nothing before. */
  static final SpecialTokens LINES = new SpecialTokens(-1, '\n', "none", "line feed");

  /** Ends of texts of the families that are read; the others' ends are of turns. */
  private static final List<String> ENDS_OF_TEXT =
      List.of("<|end_of_text|>", "<|endoftext|>", "</s>", "<eos>", "<|end▁of▁sentence|>");

  /**
   * @param bos {@code auto}, {@code none} or a token's text
   * @param separator likewise
   * @param vocabSize of the model
   * @throws InvalidInputException naming file and field of a token that the model does not have, or
   *     the run file's key if there is nothing to separate documents by
   */
  public static SpecialTokens of(
      Path folder, Tokenizer tokenizer, String bos, String separator, int vocabSize) {
    Names names = new Names(folder, vocabSize);
    int before = -1;
    String why = "none, as set";
    if (bos.equals(Corpus.AUTO)) {
      before = names.bos();
      why = names.bosFrom;
    } else if (!bos.equals(Corpus.NONE)) {
      before = named("corpus.bos", bos, tokenizer, names);
      why = "as set";
    }
    int after = -1;
    String whyAfter = "none, as set";
    List<Integer> ends = names.ends();
    if (separator.equals(Corpus.AUTO)) {
      after = names.separator(ends, tokenizer);
      whyAfter = names.separatorFrom;
    } else if (!separator.equals(Corpus.NONE)) {
      after = named("corpus.separator", separator, tokenizer, names);
      whyAfter = "as set";
    }
    return new SpecialTokens(before, after, why, whyAfter);
  }

  private static int named(String key, String text, Tokenizer tokenizer, Names names) {
    Integer id = names.ids.get(text);
    int[] ids = id != null ? new int[] {id} : tokenizer.encode(text);
    if (ids.length != 1 || ids[0] >= names.vocabSize) {
      throw new InvalidInputException(
          "%s: '%s' is %s.\nMaybe write auto, none, or the text of one token of the parent."
              .formatted(
                  key,
                  InvalidInputException.shown(text),
                  ids.length == 1
                      ? "token %d, the model has %d".formatted(ids[0], names.vocabSize)
                      : ids.length + " tokens"));
    }
    return ids[0];
  }

  /** A document's tokens with these around them, once each. */
  public int[] around(int[] tokens) {
    boolean before = bos >= 0 && (tokens.length == 0 || tokens[0] != bos);
    boolean after =
        separator >= 0 && (tokens.length == 0 || tokens[tokens.length - 1] != separator);
    int[] all = new int[tokens.length + (before ? 1 : 0) + (after ? 1 : 0)];
    System.arraycopy(tokens, 0, all, before ? 1 : 0, tokens.length);
    if (before) {
      all[0] = bos;
    }
    if (after) {
      all[all.length - 1] = separator;
    }
    return all;
  }

  /** A text's tokens with what stands before a document, as a prompt has it. */
  public int[] begun(int[] tokens) {
    return new SpecialTokens(bos, -1, bosFrom, separatorFrom).around(tokens);
  }

  /** The text of a token that is given as such or as an object with its content. */
  static String text(JsonValue token) {
    return token.has("content") ? token.text("content") : token.text();
  }

  /** What the files of a folder say of tokens. */
  private static final class Names {
    private final Path folder;
    private final int vocabSize;
    private final JsonValue tokenizer;
    private final JsonValue config;
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private String bosFrom;
    private String separatorFrom;

    Names(Path folder, int vocabSize) {
      this.folder = folder;
      this.vocabSize = vocabSize;
      this.tokenizer = TokenizerFields.read(folder.resolve("tokenizer.json"));
      this.config = read("tokenizer_config.json");
      if (tokenizer != null && tokenizer.has("added_tokens")) {
        for (JsonValue token : tokenizer.objects("added_tokens")) {
          ids.put(token.text("content"), token.integer("id", 0, Integer.MAX_VALUE));
        }
      }
    }

    private JsonValue read(String name) {
      Path file = folder.resolve(name);
      return Files.exists(file) ? JsonValue.read(file) : null;
    }

    int bos() {
      if (config != null && config.has("add_bos_token")) {
        boolean wanted = config.flag("add_bos_token") && config.has("bos_token");
        bosFrom = "add_bos_token of tokenizer_config.json";
        return wanted ? id(config.at("bos_token")) : -1;
      }
      bosFrom = "the post-processor of tokenizer.json";
      return tokenizer != null && tokenizer.has("post_processor")
          ? template(tokenizer.object("post_processor"))
          : -1;
    }

    private int id(JsonValue token) {
      Integer id = ids.get(text(token));
      if (id == null || id >= vocabSize) {
        throw token.bad("is no token that the model has");
      }
      return id;
    }

    /** The token that a post-processor puts before a text, or -1. */
    private int template(JsonValue processor) {
      if (processor.has("processors")) {
        for (JsonValue one : processor.objects("processors")) {
          int bos = template(one);
          if (bos >= 0) {
            return bos;
          }
        }
        return -1;
      }
      if (!processor.text("type").equals("TemplateProcessing")) {
        return -1;
      }
      List<JsonValue> pieces = processor.objects("single");
      if (pieces.isEmpty() || !pieces.get(0).has("SpecialToken")) {
        return -1;
      }
      String name = pieces.get(0).object("SpecialToken").text("id");
      JsonValue token = processor.object("special_tokens").object(name);
      return token.integers("ids", 0, vocabSize - 1).get(0);
    }

    /** What config.json and generation_config.json name, in that order. */
    List<Integer> ends() {
      List<Integer> ends = new ArrayList<>();
      for (String name : List.of("config.json", "generation_config.json")) {
        JsonValue fields = read(name);
        if (fields != null && fields.has("eos_token_id")) {
          for (int id : fields.integers("eos_token_id", 0, Integer.MAX_VALUE)) {
            if (id >= vocabSize) {
              throw fields.bad(
                  "eos_token_id",
                  "is beyond the vocabulary of " + vocabSize,
                  "take it from the model's own page, or leave the field out and set"
                      + " corpus.separator");
            }
            ends.add(id);
          }
        }
      }
      return ends;
    }

    int separator(List<Integer> ends, Tokenizer of) {
      Map<Integer, String> texts = new LinkedHashMap<>();
      ids.forEach((text, id) -> texts.put(id, text));
      Set<Integer> all = new TreeSet<>(ends);
      OptionalInt own = ownEnd();
      own.ifPresent(all::add);
      for (String end : ENDS_OF_TEXT) {
        Integer id = ids.get(end);
        if (id != null && all.contains(id)) {
          separatorFrom = "the end of text that the model names";
          return id;
        }
      }
      for (String end : ENDS_OF_TEXT.subList(0, 2)) {
        Integer id = ids.get(end);
        if (id != null
            && id < vocabSize
            && !all.isEmpty()
            && all.stream().allMatch(texts::containsKey)) {
          separatorFrom = "the tokenizer's end of text; the model names ends of turns";
          return id;
        }
      }
      if (!ends.isEmpty()) {
        separatorFrom = "the first eos_token_id of the model";
        return ends.get(0);
      }
      if (own.isPresent()) {
        separatorFrom = "eos_token of tokenizer_config.json";
        return own.getAsInt();
      }
      if (of instanceof ByteTokenizer) {
        separatorFrom = "line feed: the tokens are bytes, and the model names no end";
        return '\n';
      }
      throw new InvalidInputException(
          "%s: neither config.json nor the tokenizer names the token that ends a text.\nMaybe set corpus.separator to its text, or to none."
              .formatted(folder));
    }

    private OptionalInt ownEnd() {
      if (config == null || !config.has("eos_token")) {
        return OptionalInt.empty();
      }
      Integer id = ids.get(text(config.at("eos_token")));
      return id == null || id >= vocabSize ? OptionalInt.empty() : OptionalInt.of(id);
    }
  }
}

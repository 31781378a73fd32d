package puzzle.engine.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import puzzle.engine.files.AtomicFile;

/**
 * Token ids are the bytes of UTF-8: 256 tokens, nothing to train. Written as a byte-level BPE
 * without merges, which Hugging Face's tokenizers read too and turn into the same ids.
 *
 * <p>Byte-level BPE spells bytes as printable characters: those that are printable in Latin-1 as
 * themselves, the others as U+0100 and up, in order (GPT-2's alphabet).
 */
public final class ByteTokenizer implements Tokenizer {

  private static final int BYTES = 256;
  private static final ObjectMapper JSON =
      new ObjectMapper(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(32).build())
                  .build())
          .enable(SerializationFeature.INDENT_OUTPUT);

  @Override
  public int[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] tokens = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      tokens[i] = bytes[i] & 0xff;
    }
    return tokens;
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json} into a model's folder.
   *
   * @throws puzzle.engine.files.StorageException if they cannot be written
   */
  public static void write(Path folder) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("add_bos_token", false).put("add_eos_token", false).put("add_prefix_space", false);
    config.put("clean_up_tokenization_spaces", false);
    for (var file :
        List.of(
            Map.entry("tokenizer.json", tokenizer()), Map.entry("tokenizer_config.json", config))) {
      AtomicFile.write(
          folder.resolve(file.getKey()), out -> out.write(JSON.writeValueAsBytes(file.getValue())));
    }
  }

  /** True if a file is what {@link #write} writes, in whatever layout. */
  static boolean describes(Path file) {
    try {
      return Files.isRegularFile(file)
          && Files.size(file) < 1 << 16
          && tokenizer().equals(JSON.readTree(Files.readAllBytes(file)));
    } catch (IOException | IllegalStateException e) {
      // Not this one; whoever reads it next says what is wrong.
      return false;
    }
  }

  private static JsonNode tokenizer() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("version", "1.0").putNull("truncation").putNull("padding");
    node.putArray("added_tokens");
    node.putNull("normalizer");
    byteLevel(node.putObject("pre_tokenizer"));
    node.putNull("post_processor");
    byteLevel(node.putObject("decoder"));
    ObjectNode model = node.putObject("model");
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocab = model.putObject("vocab");
    int spelled = BYTES;
    for (int value = 0; value < BYTES; value++) {
      boolean printable = value >= '!' && value <= '~' || value >= 0xa1 && value != 0xad;
      int symbol = printable ? value : spelled++;
      vocab.put(Character.toString(symbol), value);
    }
    model.putArray("merges");
    return node;
  }

  private static void byteLevel(ObjectNode node) {
    node.put("type", "ByteLevel").put("add_prefix_space", false);
    node.put("trim_offsets", true).put("use_regex", false);
  }
}

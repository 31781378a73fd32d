package puzzle.engine.testing;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.TensorLayout;
import puzzle.engine.decoder.TensorSpec;
import puzzle.engine.decoder.TensorSpec.Role;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsWriter;

/**
 * Writes a parent with the shape of a real model and weights drawn at random, a byte-level BPE
 * tokenizer of the same vocabulary, and a text: what sizes, speeds and limits depend on, in a
 * minute and without a download. The weights mean nothing.
 *
 * <pre>ShapedParent SHAPE FOLDER [LAYERS [TEXT_MB]]</pre>
 *
 * <p>Shapes: those of the configs published with Llama-3.2-1B, Qwen3-8B and Llama-3.1-8B, and two
 * smaller ones of Llama's kind. The same arguments write the same bytes.
 */
public final class ShapedParent {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Llama 3 has as many tokens that no text encodes to. */
  private static final int RESERVED = 256;

  /** A prime: rows of a matrix that is filled from the table over and over differ. */
  private static final int TABLE = 4_194_301;

  private static final int PART = 1 << 20;
  private static final double DEVIATION = 0.02;

  /**
   * The sizes of a model, in the words of its config.
   *
   * @param defaultLayers how many there are if nobody says otherwise
   */
  public enum Shape {
    LLAMA_30M("llama", 8, 384, 1024, 6, 2, 64, 32_768, true, 500_000, 1e-5),
    LLAMA_120M("llama", 12, 768, 2048, 12, 4, 64, 32_768, true, 500_000, 1e-5),
    LLAMA_1B("llama", 16, 2048, 8192, 32, 8, 64, 128_256, true, 500_000, 1e-5),
    QWEN_8B_2("qwen3", 2, 4096, 12_288, 32, 8, 128, 151_936, false, 1_000_000, 1e-6),
    LLAMA_8B("llama", 32, 4096, 14_336, 32, 8, 128, 128_256, false, 500_000, 1e-5);

    private final String family;
    private final int defaultLayers;
    private final int hidden;
    private final int width;
    private final int heads;
    private final int kvHeads;
    private final int headSize;
    private final int vocabulary;
    private final boolean tied;
    private final double theta;
    private final double eps;

    Shape(
        String family,
        int defaultLayers,
        int hidden,
        int width,
        int heads,
        int kvHeads,
        int headSize,
        int vocabulary,
        boolean tied,
        double theta,
        double eps) {
      this.family = family;
      this.defaultLayers = defaultLayers;
      this.hidden = hidden;
      this.width = width;
      this.heads = heads;
      this.kvHeads = kvHeads;
      this.headSize = headSize;
      this.vocabulary = vocabulary;
      this.tied = tied;
      this.theta = theta;
      this.eps = eps;
    }
  }

  private ShapedParent() {}

  public static void main(String[] arguments) throws IOException {
    Shape shape = Shape.valueOf(arguments[0].toUpperCase(Locale.ROOT).replace('-', '_'));
    Path folder = Path.of(arguments[1]);
    int layers = arguments.length > 2 ? Integer.parseInt(arguments[2]) : shape.defaultLayers;
    write(shape, folder, layers);
    writeText(
        folder.resolve("text.jsonl"), arguments.length > 3 ? Long.parseLong(arguments[3]) : 4);
  }

  /** Writes config, tokenizer and weights in bf16, in shards of at most 5 GB. */
  public static void write(Shape shape, Path folder, int layers) throws IOException {
    Files.createDirectories(folder);
    writeConfig(shape, folder, layers);
    writeTokenizer(folder, shape.vocabulary);
    DecoderConfig config = HuggingFaceConfig.read(folder);
    float[] table = new float[TABLE];
    Random random = new Random(11);
    for (int i = 0; i < TABLE; i++) {
      table[i] = (float) (random.nextGaussian() * DEVIATION);
    }
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
    for (Map.Entry<String, TensorSpec> tensor : TensorLayout.of(config).entrySet()) {
      TensorSpec spec = tensor.getValue();
      int from = Math.floorMod(tensor.getKey().hashCode(), TABLE);
      writer.addParts(
          tensor.getKey(), spec.shape().clone(), () -> parts(spec, table, from, layers));
    }
    writer.writeFolder(folder, 5_000_000_000L);
  }

  private static Iterator<FloatBuffer> parts(TensorSpec spec, float[] table, int from, int layers) {
    long size = spec.elements();
    float scale = spec.role() == Role.OUTPUT ? (float) (1 / Math.sqrt(2.0 * layers)) : 1;
    return new Iterator<>() {
      private final float[] values = new float[(int) Math.min(PART, size)];
      private long done;
      private int at = from;

      @Override
      public boolean hasNext() {
        return done < size;
      }

      @Override
      public FloatBuffer next() {
        int count = (int) Math.min(PART, size - done);
        for (int i = 0; i < count; i++) {
          values[i] =
              switch (spec.role()) {
                case NORM -> 1;
                case BIAS -> 0;
                case MATRIX, OUTPUT -> scale * table[at];
              };
          at = at + 1 == TABLE ? 0 : at + 1;
        }
        done += count;
        return FloatBuffer.wrap(values, 0, count);
      }
    };
  }

  private static void writeConfig(Shape shape, Path folder, int layers) throws IOException {
    ObjectNode config = JSON.createObjectNode();
    boolean llama = shape.family.equals("llama");
    config.putArray("architectures").add(llama ? "LlamaForCausalLM" : "Qwen3ForCausalLM");
    config.put("model_type", shape.family);
    config.put("hidden_size", shape.hidden).put("intermediate_size", shape.width);
    config.put("num_hidden_layers", layers).put("num_attention_heads", shape.heads);
    config.put("num_key_value_heads", shape.kvHeads).put("head_dim", shape.headSize);
    config.put("vocab_size", shape.vocabulary).put("tie_word_embeddings", shape.tied);
    config.put("rms_norm_eps", shape.eps).put("rope_theta", shape.theta);
    config.put("max_position_embeddings", 40_960).put("hidden_act", "silu");
    config.put("attention_bias", false).put("torch_dtype", "bfloat16");
    config.put("bos_token_id", shape.vocabulary - RESERVED);
    config.put("eos_token_id", shape.vocabulary - RESERVED + 1);
    JSON.writerWithDefaultPrettyPrinter()
        .writeValue(folder.resolve("config.json").toFile(), config);
  }

  /**
   * A byte-level BPE of pairs of letters, and of pairs of such pairs, with and without a space
   * before them; the last {@value #RESERVED} ids are special, the first two of them begin and end a
   * text.
   */
  public static void writeTokenizer(Path folder, int vocabulary) throws IOException {
    ObjectNode tokenizer = JSON.createObjectNode();
    tokenizer.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = tokenizer.putArray("added_tokens");
    int first = vocabulary - RESERVED;
    for (int i = 0; i < RESERVED; i++) {
      ObjectNode token = added.addObject().put("id", first + i).put("content", special(i));
      token.put("single_word", false).put("lstrip", false).put("rstrip", false);
      token.put("normalized", false).put("special", true);
    }
    tokenizer.putNull("normalizer");
    tokenizer
        .putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", true);
    ObjectNode post = tokenizer.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = post.putArray("single");
    single.addObject().putObject("SpecialToken").put("id", special(0)).put("type_id", 0);
    single.addObject().putObject("Sequence").put("id", "A").put("type_id", 0);
    ArrayNode pair = post.putArray("pair");
    pair.add(single.get(0)).add(single.get(1));
    pair.addObject().putObject("Sequence").put("id", "B").put("type_id", 1);
    ObjectNode begin = post.putObject("special_tokens").putObject(special(0)).put("id", special(0));
    begin.putArray("ids").add(first);
    begin.putArray("tokens").add(special(0));
    tokenizer
        .putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", true)
        .put("trim_offsets", true)
        .put("use_regex", true);
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    model.putNull("dropout").putNull("unk_token").putNull("continuing_subword_prefix");
    model.putNull("end_of_word_suffix").put("fuse_unk", false).put("byte_fallback", false);
    ObjectNode ids = model.putObject("vocab");
    ArrayNode merges = model.putArray("merges");
    for (char symbol : byteSymbols()) {
      ids.put(String.valueOf(symbol), ids.size());
    }
    List<String> words = words();
    for (int i = 0; i < 26 * 26; i++) {
      String letters = pair(i);
      ids.put(letters, ids.size());
      merges.add(letters.charAt(0) + " " + letters.charAt(1));
    }
    for (int i = 0; ids.size() < first; i++) {
      String word = words.get(i);
      ids.put(word, ids.size());
      merges.add(word.substring(0, 2) + " " + word.substring(2));
      if (ids.size() < first) {
        ids.put('\u0120' + word, ids.size());
        merges.add("\u0120 " + word);
      }
    }
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    ObjectNode settings = JSON.createObjectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
    settings.put("bos_token", special(0)).put("eos_token", special(1));
    settings.put("model_max_length", 40_960);
    JSON.writeValue(folder.resolve("tokenizer_config.json").toFile(), settings);
  }

  /** Writes JSON Lines of documents of 20 to 400 words. */
  public static void writeText(Path file, long megabytes) throws IOException {
    List<String> words = words();
    Random random = new Random(5);
    long left = megabytes * 1_000_000;
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      while (left > 0) {
        StringBuilder text = new StringBuilder();
        for (int n = 20 + random.nextInt(380); n > 0; n--) {
          // Few words are frequent and many are rare, as in a language.
          int rank = (int) (Math.exp(random.nextDouble() * Math.log(60_000)) - 1);
          text.append(text.isEmpty() ? "" : " ").append(words.get(rank));
        }
        String line = JSON.writeValueAsString(JSON.createObjectNode().put("text", text.toString()));
        out.write(line);
        out.newLine();
        left -= line.length() + 1;
      }
    }
  }

  /** All words of four letters, the same order always. */
  private static List<String> words() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 26 * 26 * 26 * 26; i++) {
      order.add(i);
    }
    Collections.shuffle(order, new Random(7));
    List<String> words = new ArrayList<>();
    order.subList(0, 100_000).forEach(i -> words.add(pair(i / 676) + pair(i % 676)));
    return words;
  }

  private static String pair(int i) {
    return "" + (char) ('a' + i / 26) + (char) ('a' + i % 26);
  }

  private static String special(int i) {
    return i == 0 ? "<|begin_of_text|>" : i == 1 ? "<|end_of_text|>" : "<|reserved_" + i + "|>";
  }

  /**
   * What stands for each of the 256 bytes: itself if it can be seen, a letter from 256 on if not.
   */
  private static List<Character> byteSymbols() {
    List<Character> symbols = new ArrayList<>();
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean seen = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      symbols.add((char) (seen ? b : next++));
    }
    return symbols;
  }
}

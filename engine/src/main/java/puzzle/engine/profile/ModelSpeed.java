package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.List;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.decoder.RandomWeights;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Tensors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.RunSpec;
import puzzle.model.Subblock;
import puzzle.model.Workload;

/**
 * Speed of whole models: the workload's prompt, then every generated token, as a server would run
 * them. Models are measured in turn, round by round, so that their ratio survives a machine that
 * drifts. Values of weights do not matter to time.
 */
public final class ModelSpeed implements AutoCloseable {

  private static final long SEED = 1;

  private final Workload workload;
  private final List<Model> models = new ArrayList<>();

  private record Model(
      Decoder decoder, List<Decoder.KvCache> caches, NDArray prompt, NDArray token) {}

  public ModelSpeed(DecoderConfig config, List<Architecture> architectures, Workload workload) {
    this.workload = workload;
    for (Architecture architecture : architectures) {
      DecoderConfig of = config.with(architecture);
      Decoder decoder = Decoder.load(of, new RandomWeights(of, SEED), workload.sequenceTokens());
      NDManager manager = decoder.manager();
      List<Decoder.KvCache> caches = new ArrayList<>();
      for (Block block : architecture.blocks()) {
        caches.add(
            decoder.cache(block.attention(), manager, workload.batch(), workload.sequenceTokens()));
      }
      models.add(
          new Model(
              decoder,
              caches,
              LiveProfiler.ids(manager, workload.batch(), workload.prefillTokens()),
              LiveProfiler.ids(manager, workload.batch(), 1)));
    }
  }

  /** Times and memory of each model, in the order given. */
  public List<BlockCost> measure(RunSpec.Profiling settings, Monitor monitor) {
    List<PassWatch> watches =
        PassWatch.rounds(
            models.size(),
            settings,
            monitor,
            i -> {
              double prompt = prefill(models.get(i));
              return new double[] {prompt, decode(models.get(i)) / workload.generationTokens()};
            });
    List<BlockCost> costs = new ArrayList<>();
    for (int i = 0; i < models.size(); i++) {
      PassWatch watch = watches.get(i);
      costs.add(total(models.get(i).decoder(), watch.prefill().median(), watch.decode().median()));
    }
    return costs;
  }

  private BlockCost total(Decoder decoder, double prefillSeconds, double decodeSeconds) {
    DecoderConfig config = decoder.config();
    BlockCost sum = CountedCost.fixed(config, workload, prefillSeconds, decodeSeconds);
    for (Block block : config.architecture().blocks()) {
      sum =
          sum.plus(CountedCost.cost(config, block.attention(), workload, 0, 0))
              .plus(CountedCost.cost(config, block.ffn(), workload, 0, 0));
    }
    return sum;
  }

  private double prefill(Model model) {
    return Tensors.inference(
        () -> {
          Decoder decoder = model.decoder();
          long start = System.nanoTime();
          NDArray x = decoder.embed(model.prompt());
          for (int layer = 0; layer < decoder.config().layers(); layer++) {
            x =
                decoder.prefill(
                    decoder.weights(layer, Subblock.ATTENTION), x, model.caches().get(layer));
            x = decoder.ffn(decoder.weights(layer, Subblock.FFN), x);
          }
          LiveProfiler.finish(decoder.logits(lastToken(x)));
          return (System.nanoTime() - start) * 1e-9;
        });
  }

  /** Only the last token of a prompt is sampled from. */
  private NDArray lastToken(NDArray x) {
    int last = workload.prefillTokens() - 1;
    return x.get(new NDIndex(":, " + last + ":" + (last + 1) + ", :"));
  }

  private double decode(Model model) {
    Decoder decoder = model.decoder();
    double seconds = 0;
    for (int i = 0; i < workload.generationTokens(); i++) {
      NDArray position = LiveProfiler.position(decoder.manager(), workload.prefillTokens() + i);
      seconds +=
          Tensors.inference(
              () -> {
                long start = System.nanoTime();
                NDArray x = decoder.embed(model.token());
                for (int layer = 0; layer < decoder.config().layers(); layer++) {
                  x =
                      decoder.decode(
                          decoder.weights(layer, Subblock.ATTENTION),
                          x,
                          model.caches().get(layer),
                          position);
                  x = decoder.ffn(decoder.weights(layer, Subblock.FFN), x);
                }
                LiveProfiler.finish(decoder.logits(x));
                return (System.nanoTime() - start) * 1e-9;
              });
      position.close();
    }
    return seconds;
  }

  @Override
  public void close() {
    models.forEach(model -> model.decoder().close());
  }
}

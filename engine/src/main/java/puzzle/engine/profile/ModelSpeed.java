package puzzle.engine.profile;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import puzzle.engine.BlockEngine.Monitor;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.SubblockWeights;
import puzzle.engine.nn.Tensors;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.RunSpec;
import puzzle.model.Variant;
import puzzle.model.Workload;

/**
 * Speed of whole models: the workload's prompt, then every generated token, as a server would run
 * them. Models are measured in turn, round by round, so that their ratio survives a machine that
 * drifts. All are run in the same memory, see {@link Workbench}.
 */
public final class ModelSpeed implements AutoCloseable {

  private final Workbench bench;
  private final Workload workload;
  private final Decoder functions;
  private final NDArray prompt;
  private final NDArray token;
  private final List<Model> models = new ArrayList<>();

  private record Layer(SubblockWeights attention, SubblockWeights ffn, Decoder.KvCache cache) {}

  private record Model(DecoderConfig config, List<Layer> layers) {}

  /**
   * @throws puzzle.model.InvalidInputException if this machine's memory cannot hold them
   */
  public ModelSpeed(DecoderConfig config, List<Architecture> architectures, Workload workload) {
    this.workload = workload;
    this.bench = new Workbench(config, variants(architectures), workload);
    this.functions = bench.functions();
    for (Architecture architecture : architectures) {
      List<Layer> layers = new ArrayList<>();
      for (Block block : architecture.blocks()) {
        int layer = layers.size();
        layers.add(
            new Layer(
                bench.weights(layer, block.attention()),
                bench.weights(layer, block.ffn()),
                bench.cache(layer, block.attention())));
      }
      models.add(new Model(config.with(architecture), layers));
    }
    this.prompt = LiveProfiler.ids(bench.manager(), workload.batch(), workload.prefillTokens());
    this.token = LiveProfiler.ids(bench.manager(), workload.batch(), 1);
  }

  /** Bytes of memory that measuring these takes. */
  public static double bytes(
      DecoderConfig config, Collection<Architecture> architectures, Workload workload) {
    return Workbench.bytes(config, variants(architectures), workload);
  }

  private static Set<Variant> variants(Collection<Architecture> architectures) {
    Set<Variant> all = new LinkedHashSet<>();
    for (Architecture architecture : architectures) {
      for (Block block : architecture.blocks()) {
        all.add(block.attention());
        all.add(block.ffn());
      }
    }
    return all;
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
      costs.add(total(models.get(i).config(), watch.prefill().median(), watch.decode().median()));
    }
    return costs;
  }

  private BlockCost total(DecoderConfig config, double prefillSeconds, double decodeSeconds) {
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
          long start = System.nanoTime();
          int most = Workbench.passSequences(workload);
          for (int from = 0; from < workload.batch(); from += most) {
            prefill(model, from, Math.min(most, workload.batch() - from));
          }
          return (System.nanoTime() - start) * 1e-9;
        });
  }

  private void prefill(Model model, int from, int count) {
    Tensors.inference(
        () -> {
          NDArray x = functions.embed(prompt.get(new NDIndex("{}:{}", from, from + count)));
          for (Layer layer : model.layers()) {
            x = functions.prefill(layer.attention(), x, Workbench.of(layer.cache(), from, count));
            x = functions.ffn(layer.ffn(), x);
          }
          LiveProfiler.finish(functions.logits(lastToken(x)));
          return null;
        });
  }

  /** Only the last token of a prompt is sampled from. */
  private NDArray lastToken(NDArray x) {
    int last = workload.prefillTokens() - 1;
    return x.get(new NDIndex(":, " + last + ":" + (last + 1) + ", :"));
  }

  private double decode(Model model) {
    double seconds = 0;
    for (int i = 0; i < workload.generationTokens(); i++) {
      NDArray position = LiveProfiler.position(bench.manager(), workload.prefillTokens() + i);
      seconds +=
          Tensors.inference(
              () -> {
                long start = System.nanoTime();
                NDArray x = functions.embed(token);
                for (Layer layer : model.layers()) {
                  x = functions.decode(layer.attention(), x, layer.cache(), position);
                  x = functions.ffn(layer.ffn(), x);
                }
                LiveProfiler.finish(functions.logits(x));
                return (System.nanoTime() - start) * 1e-9;
              });
      position.close();
    }
    return seconds;
  }

  @Override
  public void close() {
    bench.close();
  }
}

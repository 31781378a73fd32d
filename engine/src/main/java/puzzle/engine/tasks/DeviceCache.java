package puzzle.engine.tasks;

import java.nio.file.Path;
import java.util.List;
import puzzle.engine.data.RunText;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.score.Benchmark;
import puzzle.engine.score.Benchmarks;
import puzzle.engine.store.Store;
import puzzle.model.InvalidInputException;
import puzzle.model.RunSpec;

/**
 * What a device keeps between tasks: the parent, the store, which remembers the files it checked,
 * and the benchmark. A run with another one closes it.
 */
final class DeviceCache implements AutoCloseable {

  private final Residency residency;
  private String openedStore;
  private Store store;
  private String readParent;
  private DecoderConfig config;
  private String loadedParent;
  private List<String> openedBenchmark;
  private Benchmark benchmark;
  private Decoder parent;

  /**
   * @param residency of parents
   */
  DeviceCache(Residency residency) {
    this.residency = residency;
  }

  Decoder parent(RunSpec spec) {
    if (!spec.parent().equals(loadedParent)) {
      close();
      ModelFolder folder = ModelFolder.open(Path.of(spec.parent()));
      int positions = spec.corpus().sequenceTokens();
      if (positions > folder.config().maxPositions()) {
        throw new InvalidInputException(
            "corpus.sequenceTokens: sequences of %d tokens, %s has %d positions.%nMaybe shorten them."
                .formatted(positions, folder.path(), folder.config().maxPositions()));
      }
      parent = residency.open(folder.config(), folder.weights(), positions);
      loadedParent = spec.parent();
    }
    return parent;
  }

  /** The parent kept between tasks, or null. */
  Decoder loaded() {
    return parent;
  }

  /** The parent's sizes; its weights are left where they are. */
  DecoderConfig config(RunSpec spec) {
    if (!spec.parent().equals(readParent)) {
      config = HuggingFaceConfig.read(Path.of(spec.parent()));
      readParent = spec.parent();
    }
    return config;
  }

  /** The run's benchmark, or null; kept, as opening it reads the tokenizer. */
  Benchmark benchmark(RunSpec spec) {
    String description = spec.scoring().benchmark();
    if (description == null) {
      return null;
    }
    List<String> asked = List.of(description, spec.parent(), spec.corpus().toString());
    if (!asked.equals(openedBenchmark)) {
      int vocabSize = HuggingFaceConfig.read(Path.of(spec.parent())).vocabSize();
      benchmark =
          Benchmarks.open(
              description,
              RunText.prompts(spec, vocabSize)::apply,
              spec.corpus().sequenceTokens() + 1);
      openedBenchmark = asked;
    }
    return benchmark;
  }

  /** Kept between tasks: it remembers which files were checked. */
  Store store(RunSpec spec) {
    if (!spec.store().equals(openedStore)) {
      store = Store.open(Path.of(spec.store()));
      openedStore = spec.store();
    }
    return store;
  }

  @Override
  public void close() {
    if (parent != null) {
      parent.close();
      parent = null;
      loadedParent = null;
    }
  }
}

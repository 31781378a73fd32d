package puzzle.engine.tasks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import puzzle.engine.data.RunText;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.files.AtomicFile;
import puzzle.engine.files.StorageException;
import puzzle.engine.huggingface.HuggingFaceConfig;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.nn.Arithmetic;
import puzzle.engine.nn.Decoder;
import puzzle.engine.nn.Residency;
import puzzle.engine.safetensors.SafetensorsFolder;
import puzzle.engine.score.Benchmark;
import puzzle.engine.score.Benchmarks;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.InvalidInputException;
import puzzle.model.Precision;
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
  private Precision loadedIn;
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
    if (!spec.parent().equals(loadedParent) || computesIn(spec) != loadedIn) {
      close();
      ModelFolder folder = ModelFolder.open(Path.of(spec.parent()));
      int positions = spec.corpus().sequenceTokens();
      if (positions > folder.config().maxPositions()) {
        throw new InvalidInputException(
            "corpus.sequenceTokens: sequences of %d tokens, %s has %d positions.%nMaybe shorten them."
                .formatted(positions, folder.path(), folder.config().maxPositions()));
      }
      parent = residency.open(folder.config(), folder.weights(), positions, computesIn(spec));
      loadedParent = spec.parent();
      loadedIn = parent.precision();
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

  /**
   * What the run's products compute in, BF16 or FP32. The first device to ask decides for the run:
   * its choice is kept in the store, so that no result depends on which device a task came to.
   */
  Precision computesIn(RunSpec spec) {
    if (spec.precision() != Precision.AUTO) {
      return spec.precision();
    }
    Path choice = store(spec).root().resolve(StorePaths.PRECISION);
    try {
      synchronized (DeviceCache.class) {
        if (!Files.exists(choice)) {
          Precision chosen =
              Arithmetic.of(
                  spec.precision(), config(spec), SafetensorsFolder.open(Path.of(spec.parent())));
          AtomicFile.write(choice, chosen.name());
        }
      }
      return Precision.valueOf(Files.readString(choice).strip());
    } catch (IOException e) {
      throw StorageException.of(choice, e);
    }
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

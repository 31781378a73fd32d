package puzzle.engine;

import java.nio.file.Path;
import puzzle.engine.checkpoint.HuggingFaceConfig;
import puzzle.engine.checkpoint.SafetensorsFolder;
import puzzle.engine.checkpoint.TensorLayout;
import puzzle.engine.nn.DecoderConfig;
import puzzle.model.Device;

/** Makes engines on PyTorch; loads no native library before the first one is opened. */
public final class DjlEngineFactory implements EngineFactory {

  /** One per trainer: two threads of one operation collapse where the machine has other work. */
  private static final int THREADS = 1;

  @Override
  public ParentShape shape(Path parent) {
    DecoderConfig config = HuggingFaceConfig.read(parent);
    TensorLayout.require(config, SafetensorsFolder.open(parent));
    return new ParentShape(
        config.layers(), config.heads(), config.kvHeads(), config.intermediateSize());
  }

  @Override
  public BlockEngine open(Device device) {
    return new DjlEngine(THREADS);
  }
}

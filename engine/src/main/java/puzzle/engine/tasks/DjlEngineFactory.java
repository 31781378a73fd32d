package puzzle.engine.tasks;

import java.nio.file.Path;
import puzzle.engine.BlockEngine;
import puzzle.engine.EngineFactory;
import puzzle.engine.decoder.DecoderConfig;
import puzzle.engine.huggingface.ModelFolder;
import puzzle.engine.nn.Residency;
import puzzle.model.Device;

/** Makes engines on PyTorch; loads no native library before the first one is opened. */
public final class DjlEngineFactory implements EngineFactory {

  /** One per trainer: two threads of one operation collapse where the machine has other work. */
  private static final int THREADS = 1;

  @Override
  public ParentShape shape(Path parent) {
    DecoderConfig config = ModelFolder.open(parent).config();
    return ParentShape.of(config);
  }

  @Override
  public void expect(int devices) {
    Residency.devices(devices);
  }

  @Override
  public BlockEngine open(Device device) {
    return new DjlEngine(THREADS);
  }
}

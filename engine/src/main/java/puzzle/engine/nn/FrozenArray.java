package puzzle.engine.nn;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.nio.ByteBuffer;

/**
 * A weight of a type that DJL does not know, bf16 above all: it would end the process on being
 * asked for it. {@link Kernels} compute with it, {@link Tensors} read and copy it as fp32, and its
 * shape is known; all else, DJL's operators included, is refused here before it gets there.
 */
final class FrozenArray extends PtNDArray {

  private FrozenArray(PtNDManager manager, long handle) {
    super(manager, handle);
  }

  /** Takes the place of an array that was just made. */
  static NDArray of(PtNDArray made) {
    PtNDManager manager = made.getManager();
    NDScope.unregister(made);
    made.detach();
    return new FrozenArray(manager, made.getHandle());
  }

  /** Each of DJL's operators asks its left operand for it, first thing. */
  @Override
  public PtNDManager getManager() {
    throw refused();
  }

  /** Asked for before each call of a kernel, to tell text from numbers. */
  @Override
  public DataType getDataType() {
    return DataType.UNKNOWN;
  }

  @Override
  public ByteBuffer toByteBuffer(boolean direct) {
    throw refused();
  }

  @Override
  public PtNDArray toType(DataType type, boolean copy) {
    throw refused();
  }

  @Override
  public PtNDArray toDevice(Device device, boolean copy) {
    throw refused();
  }

  @Override
  public NDArray duplicate() {
    throw refused();
  }

  @Override
  public void setRequiresGradient(boolean requires) {
    throw refused();
  }

  @Override
  public String toString() {
    return "weight " + getShape();
  }

  private static IllegalStateException refused() {
    return new IllegalStateException(
        "a weight as its file keeps it is for kernels alone.\nMaybe read it through Tensors.");
  }
}

package puzzle.engine.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class TensorsTest {

  /** A mapped file goes with the last Java object that knows it; an array must not go with it. */
  @Test
  void whatIsReadFromABufferDoesNotLiveInIt() {
    try (NDManager manager = Tensors.root().newSubManager()) {
      ByteBuffer singles = buffer().putFloat(1.5f).putFloat(-2).flip();
      NDArray single = Tensors.single(manager, singles, 1, 2);
      // 1.5 and -2 in fp16.
      ByteBuffer halves = buffer().putShort((short) 0x3e00).putShort((short) 0xc000).flip();
      NDArray half = Tensors.half(manager, halves, 1, 2);
      singles.putFloat(0, 7);
      halves.putShort(0, (short) 0);
      assertArrayEquals(new float[] {1.5f, -2}, single.toFloatArray());
      assertArrayEquals(new float[] {1.5f, -2}, half.toFloatArray());
    }
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN);
  }
}

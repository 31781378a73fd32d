package puzzle.engine.safetensors;

import java.util.Arrays;

/**
 * Where one tensor lies in a safetensors file, checked: the size in bytes is what type and shape
 * say, and the whole lies within the file.
 *
 * @param position of the first byte, counted from the start of the file
 */
record TensorInfo(ElementType type, long[] shape, long position, long bytes) {

  long elements() {
    return bytes / type.bytes();
  }

  @Override
  public String toString() {
    return type + Arrays.toString(shape) + " at byte " + position;
  }
}

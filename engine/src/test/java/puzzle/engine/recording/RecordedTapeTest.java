package puzzle.engine.recording;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import puzzle.engine.nn.Tensors;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.TensorStream;

/** Files of holes, that take no room, but are as long as those of a real corpus. */
class RecordedTapeTest {

  private static final String NAME = "train.input";
  private static final long TOKENS = 1 << 10;
  private static final long HIDDEN = 1 << 10;
  private static final long WIDTH = TOKENS * HIDDEN;

  @TempDir Path folder;

  @Test
  void sequencesBeyondTwoGigabytesAreReadFromTheirPlace() throws IOException {
    // 3.3 GB and 2.5 GB in fp32; of each sequence the last two states are its number.
    List<SafetensorsFile> files = List.of(file("a", 790, 0), file("b", 600, 790));
    RecordedTape tape = new RecordedTape(files, NAME);
    assertEquals(1390, tape.sequences());
    try (NDManager manager = Tensors.root().newSubManager()) {
      for (int sequence : new int[] {0, 511, 512, 600, 789, 790, 1300, 1389}) {
        float[] all = tape.read(manager, sequence, 1).toFloatArray();
        assertEquals(0, all[0]);
        assertEquals(sequence, all[all.length - 1]);
        assertEquals(2.0 * sequence * sequence, tape.squares(new int[] {sequence}));
      }
      float[] across = tape.read(manager, 789, 2).toFloatArray();
      assertEquals(789, across[(int) WIDTH - 1]);
      assertEquals(790, across[(int) (2 * WIDTH) - 1]);
      float[] chosen = tape.read(manager, new int[] {1389, 3, 788}).toFloatArray();
      assertArrayEquals(
          new float[] {1389, 3, 788},
          new float[] {
            chosen[(int) WIDTH - 1], chosen[(int) (2 * WIDTH) - 1], chosen[(int) (3 * WIDTH) - 1]
          });
    }
  }

  @Test
  void anOpenTapeStaysReadableWhenItsFilesAreDeleted() throws IOException {
    SafetensorsFile file = file("a", 790, 0);
    RecordedTape tape = new RecordedTape(List.of(file), NAME);
    Files.delete(folder.resolve("a"));
    try (NDManager manager = Tensors.root().newSubManager()) {
      float[] all = tape.read(manager, 700, 1).toFloatArray();
      assertEquals(700, all[all.length - 1]);
    }
  }

  private SafetensorsFile file(String name, long sequences, int first) throws IOException {
    Path path = folder.resolve(name);
    try (OutputStream out = Files.newOutputStream(path)) {
      new TensorStream(out, ElementType.F32, NAME, sequences, TOKENS, HIDDEN);
    }
    long header = Files.size(path);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      for (int i = 0; i < sequences; i++) {
        ByteBuffer value = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        value.putFloat(first + i).putFloat(first + i).flip();
        channel.write(value, header + (i + 1) * WIDTH * Float.BYTES - 8);
      }
    }
    return SafetensorsFile.open(path);
  }
}

package puzzle.engine.recording;

import java.nio.IntBuffer;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.LongStream;
import puzzle.engine.data.Sequences;
import puzzle.engine.recording.Recording.Split;
import puzzle.engine.safetensors.ElementType;
import puzzle.engine.safetensors.SafetensorsFile;
import puzzle.engine.safetensors.SafetensorsWriter;
import puzzle.engine.store.Store;
import puzzle.engine.store.StorePaths;
import puzzle.model.CheckpointRef;

/** A split's sequences on disk, four bytes a token, read as they are asked for. */
final class RecordedTokens implements Sequences {

  /** Sequences that are written at once. */
  private static final int PART = 64;

  private final SafetensorsFile file;
  private final String name;
  private final long[] shape;

  private RecordedTokens(SafetensorsFile file, String name) {
    this.file = file;
    this.name = name;
    this.shape = file.shape(name);
  }

  /** Writes the tokens of all splits as one file, [sequences, length] each. */
  static CheckpointRef put(Store store, Map<Split, Sequences> splits) {
    SafetensorsWriter writer = new SafetensorsWriter(ElementType.F32);
    splits.forEach(
        (split, sequences) ->
            writer.addI32Parts(
                name(split),
                new long[] {sequences.count(), sequences.length()},
                () -> parts(sequences)));
    return store.put(StorePaths.recorded(StorePaths.TOKENS), writer::writeTo);
  }

  private static Iterator<IntBuffer> parts(Sequences sequences) {
    return LongStream.iterate(0, from -> from < sequences.count(), from -> from + PART)
        .mapToObj(
            from -> {
              int count = (int) Math.min(PART, sequences.count() - from);
              IntBuffer ids = IntBuffer.allocate(count * sequences.length());
              for (int[] sequence : sequences.read(from, count)) {
                ids.put(sequence);
              }
              return ids.flip();
            })
        .iterator();
  }

  static Sequences of(SafetensorsFile file, Split split) {
    return new RecordedTokens(file, name(split));
  }

  static boolean has(SafetensorsFile file, Split split) {
    return file.names().contains(name(split));
  }

  private static String name(Split split) {
    return split.tensor("ids");
  }

  @Override
  public long count() {
    return shape[0];
  }

  @Override
  public int length() {
    return (int) shape[1];
  }

  @Override
  public int[][] read(long from, int count) {
    int[][] sequences = new int[count][length()];
    for (int i = 0; i < count; i++) {
      file.i32(name, (from + i) * length(), length()).get(sequences[i]);
    }
    return sequences;
  }
}

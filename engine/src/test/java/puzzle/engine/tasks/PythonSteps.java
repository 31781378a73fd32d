package puzzle.engine.tasks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import puzzle.engine.nn.NativeSteps;

/** The same steps in Python's torch, in a process of its own that waits between them. */
final class PythonSteps implements AutoCloseable {

  private static final String PYTHON = System.getenv().getOrDefault("PUZZLE_PYTHON", "python3");

  /** Of the libtorch that DJL brings. */
  private static final String VERSION = "2.7.1";

  private record Entry(String name, String type, long[] shape, int bytes) {}

  private final Process process;
  private final Writer in;
  private final BufferedReader out;

  private PythonSteps(Process process) {
    this.process = process;
    this.in = process.outputWriter(StandardCharsets.US_ASCII);
    this.out = process.inputReader(StandardCharsets.US_ASCII);
  }

  /** Null, saying so, where Python does not have torch of the same version. */
  static PythonSteps start(Map<String, NDArray> arrays, Path folder) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (OutputStream bin = Files.newOutputStream(folder.resolve("arrays.bin"))) {
      for (Map.Entry<String, NDArray> array : arrays.entrySet()) {
        ByteBuffer bytes = array.getValue().toByteBuffer();
        byte[] content = new byte[bytes.remaining()];
        bytes.get(content);
        bin.write(content);
        String type = array.getValue().getDataType() == DataType.FLOAT32 ? "fp32" : "int64";
        long[] shape = array.getValue().getShape().getShape();
        entries.add(new Entry(array.getKey(), type, shape, content.length));
      }
    }
    new ObjectMapper().writeValue(folder.resolve("arrays.json").toFile(), entries);
    try (InputStream script = NativeSteps.class.getResourceAsStream("native.py")) {
      Files.write(folder.resolve("native.py"), script.readAllBytes());
    }
    try {
      PythonSteps steps =
          new PythonSteps(
              new ProcessBuilder(PYTHON, folder.resolve("native.py").toString(), folder.toString())
                  .redirectError(ProcessBuilder.Redirect.DISCARD)
                  .start());
      String ready = steps.out.readLine();
      if (ready != null && ready.startsWith("ready " + VERSION)) {
        return steps;
      }
      steps.close();
    } catch (IOException e) {
      // No Python.
    }
    System.out.println("Python's torch is left out: " + PYTHON + " does not have " + VERSION);
    return null;
  }

  /** Seconds and loss of one step. */
  double[] run(String step) {
    try {
      in.write(step + "\n");
      in.flush();
      String[] said = out.readLine().split(" ");
      return new double[] {Double.parseDouble(said[0]), Double.parseDouble(said[1])};
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
  }
}

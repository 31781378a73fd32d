package puzzle.actors.cli.doctor;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import org.slf4j.LoggerFactory;
import puzzle.actors.cli.doctor.DoctorCommand.Finding;
import puzzle.engine.files.Folders;
import puzzle.engine.machine.HostMemory;
import puzzle.engine.nn.TensorCheck;

/** One thing of a machine that a run needs, tried out for real. */
record DoctorCheck(String subject, String maybe, DoctorCheck.Trial trial) {

  /** Tries it out; an exception is a finding too. */
  interface Trial {
    Finding run() throws Exception;
  }

  private static final double GIB = 1 << 30;

  /** What the demo takes, with room to spare. */
  private static final double MEMORY_GIB = 4;

  private static final double FREE_GIB = 5;
  private static final int SYNCS = 20;

  /** Every event waits for one; slower than this, the journal holds up the devices. */
  private static final double SLOW_SYNC_MILLIS = 20;

  static List<DoctorCheck> all(Path store) {
    return List.of(
        new DoctorCheck("java", "install a JDK 17 or newer.", DoctorCheck::java),
        new DoctorCheck("processors", "see the log.", DoctorCheck::processors),
        new DoctorCheck("memory", "see the log.", DoctorCheck::memory),
        new DoctorCheck(
            "tensors",
            "the library needs 64-bit Linux with glibc or macOS, and room in ~/.djl.ai.",
            DoctorCheck::tensors),
        new DoctorCheck(
            "store", "choose another --store, or fix its permissions.", () -> store(store)),
        new DoctorCheck(
            "journal", "the store's file system must allow locks.", () -> journal(store)),
        new DoctorCheck(
            "loopback", "a firewall or sandbox forbids 127.0.0.1.", DoctorCheck::loopback),
        new DoctorCheck("gpu", "see the log.", DoctorCheck::gpu));
  }

  Finding run() {
    try {
      return trial.run();
    } catch (Exception | LinkageError e) {
      LoggerFactory.getLogger(DoctorCheck.class).warn(subject, e);
      return Finding.failed(
          subject, String.valueOf(e.getMessage()).lines().findFirst().get(), maybe);
    }
  }

  private static Finding java() {
    int version = Runtime.version().feature();
    String detail = System.getProperty("java.vm.name") + " " + Runtime.version();
    return version >= 17
        ? Finding.ok("java", detail)
        : Finding.failed("java", detail, "install a JDK 17 or newer.");
  }

  /** With one thread in the common pool, a JDK starts a thread for each asynchronous stage. */
  private static Finding processors() {
    int processors = Runtime.getRuntime().availableProcessors();
    String detail = processors + ", common pool of " + ForkJoinPool.getCommonPoolParallelism();
    return ForkJoinPool.getCommonPoolParallelism() < 2
        ? Finding.warning(
            "processors",
            detail,
            "start java with -Djava.util.concurrent.ForkJoinPool.common.parallelism=2.")
        : Finding.ok("processors", detail);
  }

  /** What the launcher chose, and from what. */
  private static Finding memory() {
    HostMemory memory = HostMemory.here();
    String options = System.getenv("PUZZLE_JAVA_OPTIONS");
    String detail =
        "%.1f GiB (%s), of it at most %.1f GiB of heap and %.1f GiB of direct buffers%s"
            .formatted(
                memory.bytes() / GIB,
                memory.source(),
                HostMemory.heapBytes() / GIB,
                HostMemory.directBytes() / GIB,
                options == null || options.isBlank()
                    ? ""
                    : "; PUZZLE_JAVA_OPTIONS is " + options.strip());
    return memory.bytes() < MEMORY_GIB * GIB
        ? Finding.warning("memory", detail, "the example needs %.0f GiB.".formatted(MEMORY_GIB))
        : Finding.ok("memory", detail);
  }

  private static Finding tensors() {
    TensorCheck test = TensorCheck.run();
    String detail =
        "%s, %.0f GFLOP/s on one thread, error %.0e"
            .formatted(test.library(), test.gigaflops(), test.error());
    return test.correct()
        ? Finding.ok("tensors", detail)
        : Finding.failed(
            "tensors", detail, "the library does not suit this processor; unset PYTORCH_*.");
  }

  /** A file written, synced, moved into place and mapped, as every artefact is. */
  private static Finding store(Path folder) throws IOException {
    Path trial = trialFolder(folder);
    try {
      double[] millis = new double[SYNCS];
      Path part = trial.resolve("a.part");
      try (FileChannel channel =
          FileChannel.open(
              part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        for (int i = 0; i < SYNCS; i++) {
          channel.write(ByteBuffer.allocate(4096));
          long start = System.nanoTime();
          channel.force(true);
          millis[i] = (System.nanoTime() - start) / 1e6;
        }
        channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()).get(0);
      }
      Files.move(part, trial.resolve("a"), StandardCopyOption.ATOMIC_MOVE);
      Arrays.sort(millis);
      double free = Files.getFileStore(trial).getUsableSpace() / GIB;
      String detail =
          "%s: %.1f GiB free, a write is on disk after %.1f ms"
              .formatted(folder.toAbsolutePath().normalize(), free, millis[SYNCS / 2]);
      if (free < FREE_GIB) {
        return Finding.warning(
            "store", detail, "free some space; 'puzzle plan FILE' says how much a run takes.");
      }
      return millis[SYNCS / 2] > SLOW_SYNC_MILLIS
          ? Finding.warning("store", detail, "keep the store on a local disk.")
          : Finding.ok("store", detail);
    } finally {
      Folders.delete(trial);
    }
  }

  private static Finding journal(Path folder) throws IOException, SQLException {
    Path trial = trialFolder(folder);
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:h2:file:" + trial.toAbsolutePath().resolve("journal") + ";WRITE_DELAY=0");
        Statement statement = connection.createStatement()) {
      statement.execute("create table trial (n int)");
      statement.execute("insert into trial values (1)");
      try (ResultSet rows = statement.executeQuery("select h2version(), n from trial")) {
        rows.next();
        return Finding.ok("journal", "H2 " + rows.getString(1) + " writes and reads");
      }
    } finally {
      Folders.delete(trial);
    }
  }

  private static Finding loopback() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Finding.ok("loopback", "listened on " + socket.getLocalSocketAddress());
    }
  }

  /** A run needs none: costs of a GPU that is not here come from its hardware profile. */
  private static Finding gpu() {
    Path driver = Path.of("/proc/driver/nvidia/version");
    boolean library = System.getenv("PYTORCH_LIBRARY_PATH") != null;
    if (!Files.exists(driver)) {
      return Finding.ok("gpu", "none; tasks run on the processor, hardware profiles still work");
    }
    return library
        ? Finding.ok("gpu", "driver present, libtorch from PYTORCH_LIBRARY_PATH")
        : Finding.warning(
            "gpu",
            "driver present, but no libtorch for it",
            "set PYTORCH_LIBRARY_PATH, PYTORCH_VERSION and PYTORCH_FLAVOR to use it.");
  }

  private static Path trialFolder(Path folder) throws IOException {
    Path there = folder.toAbsolutePath();
    if (!Files.isDirectory(there)) {
      throw new IOException(there + " is not a folder");
    }
    return Files.createTempDirectory(there, ".puzzle-doctor");
  }
}

package puzzle.persistence.embedded;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchedFilesTest {

  /** Every write to it fails as on a full disk. */
  private static final Path FULL = Path.of("/dev/full");

  private final List<String> told = new CopyOnWriteArrayList<>();

  @TempDir Path folder;

  @BeforeEach
  void listen() {
    WatchedFiles.register();
    WatchedFiles.listen(told::add);
  }

  @AfterEach
  void nobodyListens() {
    WatchedFiles.listen(message -> {});
  }

  @Test
  void aDatabaseIsTheSameFileWithAndWithout() throws Exception {
    try (Connection journal = DriverManager.getConnection("jdbc:h2:watched:" + file());
        Statement statement = journal.createStatement()) {
      statement.execute("create table event(id identity, payload varchar)");
      statement.execute("insert into event(payload) values('kept')");
    }
    try (Connection journal = DriverManager.getConnection("jdbc:h2:file:" + file());
        Statement statement = journal.createStatement();
        ResultSet events = statement.executeQuery("select count(*) from event")) {
      assertTrue(events.next());
      assertEquals(1, events.getInt(1));
    }
    assertEquals(List.of(), told);
  }

  @Test
  void aWriteThatFailsIsToldWithItsPlaceAndWhatToDo() throws IOException {
    assumeTrue(Files.exists(FULL), "no /dev/full here");
    try (FileChannel file = FilePath.get("watched:" + FULL).open("rw")) {
      assertThrows(IOException.class, () -> file.write(ByteBuffer.allocate(4096), 0));
    }
    assertEquals(
        List.of(
            "/dev/full: the embedded journal cannot be written: No space left on device."
                + "\nMaybe its disk is full; fix that, and the same command resumes where it was."),
        told);
  }

  @Test
  void aFileThatIsClosedUnderItsWriterIsTheOrderlyEnd() throws IOException {
    FileChannel file = FilePath.get("watched:" + file()).open("rw");
    file.close();
    assertThrows(ClosedChannelException.class, () -> file.write(ByteBuffer.allocate(4096), 0));
    assertEquals(List.of(), told);
  }

  private String file() {
    return folder.resolve("journal").toString();
  }
}

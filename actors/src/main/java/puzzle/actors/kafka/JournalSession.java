package puzzle.actors.kafka;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.projection.jdbc.JdbcSession;
import puzzle.persistence.Journal;

/** A connection to the journal's database, where offsets are kept beside the events. */
final class JournalSession implements JdbcSession {

  private final Connection connection;

  JournalSession(Config config) {
    Config db =
        config.getConfig(
            "pekko-persistence-jdbc.shared-databases.%s.db".formatted(Journal.of(config).label()));
    try {
      connection =
          DriverManager.getConnection(
              db.getString("url"), db.getString("user"), db.getString("password"));
      connection.setAutoCommit(false);
    } catch (SQLException e) {
      throw new IllegalStateException("the journal's database: " + e.getMessage(), e);
    }
  }

  @Override
  public <R> R withConnection(Function<Connection, R> work) throws Exception {
    return work.apply(connection);
  }

  @Override
  public void commit() throws SQLException {
    connection.commit();
  }

  @Override
  public void rollback() throws SQLException {
    connection.rollback();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}

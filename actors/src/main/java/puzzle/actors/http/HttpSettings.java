package puzzle.actors.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import puzzle.actors.gpu.RemoteGpuActor;

/**
 * The {@code puzzle.http} section, read and checked once.
 *
 * @param anyPort a free port will do if another process has {@code port}
 * @param keyStore PKCS12 file, or null for plain HTTP
 * @param hosts names under which the server may be called
 * @param bodyPatience a body that has not arrived after this is refused
 * @param readers most followers of events at one time
 * @param patience a follower that takes nothing for this long is disconnected
 * @param worker of external workers
 */
public record HttpSettings(
    boolean enabled,
    String host,
    int port,
    boolean anyPort,
    Path keyStore,
    Path keyStorePassword,
    List<String> hosts,
    Path tokenFile,
    long maxBody,
    Duration bodyPatience,
    long maxUpload,
    int readers,
    Duration patience,
    RemoteGpuActor.Timing worker,
    Duration whatIfLimit) {

  /**
   * Reads and checks the section of a whole configuration.
   *
   * @throws IllegalArgumentException naming the setting, its value and what may help
   */
  public static HttpSettings from(Config root) {
    try {
      Config c = root.getConfig("puzzle.http");
      String store = c.getString("tls.key-store");
      String password = c.getString("tls.key-store-password-file");
      HttpSettings settings =
          new HttpSettings(
              c.getBoolean("enabled"),
              c.getString("host"),
              c.getInt("port"),
              c.getBoolean("any-port"),
              store.isEmpty() ? null : Path.of(store),
              password.isEmpty() ? null : Path.of(password),
              c.getStringList("hosts"),
              Path.of(c.getString("token-file")),
              c.getBytes("max-body"),
              c.getDuration("body-patience"),
              c.getBytes("max-upload"),
              c.getInt("readers"),
              c.getDuration("reader-patience"),
              new RemoteGpuActor.Timing(
                  c.getDuration("worker.heartbeat"),
                  c.getDuration("worker.silence"),
                  c.getDuration("worker.idle")),
              c.getDuration("what-if-limit"));
      if (settings.port < 0 || settings.port > 65535) {
        throw wrong("port", settings.port, "is not a port", "0 takes a free one");
      }
      if (settings.readers < 1) {
        throw wrong("readers", settings.readers, "is under 1", "leave it out");
      }
      if (settings.keyStore == null && !c.getBoolean("insecure") && !settings.loopback()) {
        throw wrong(
            "host",
            settings.host,
            "is not a loopback address and there is no puzzle.http.tls.key-store",
            "set one; or, if nobody else can reach the network, puzzle.http.insecure = on");
      }
      return settings;
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          e.getMessage() + "\nMaybe compare with http.conf in cluster-config.", e);
    }
  }

  /** True if only this machine can connect. */
  boolean loopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw wrong("host", host, "is not an address of this machine", "use 127.0.0.1");
    }
  }

  boolean tls() {
    return keyStore != null;
  }

  private static IllegalArgumentException wrong(
      String name, Object value, String what, String maybe) {
    return new IllegalArgumentException(
        "puzzle.http.%s = %s %s.%nMaybe %s.".formatted(name, value, what, maybe));
  }
}

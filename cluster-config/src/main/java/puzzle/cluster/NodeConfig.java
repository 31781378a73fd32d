package puzzle.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The configuration of a node of a cluster, put together of what the command line says, system
 * properties, a file, and the defaults, in this order, and checked before anything starts.
 */
public final class NodeConfig {

  /** Name of the actor system of all nodes; part of their addresses. */
  public static final String SYSTEM = "puzzle";

  public static final int PORT = 25520;

  /**
   * What the command line says; null or empty is not said.
   *
   * @param file HOCON
   * @param seeds {@code host:port} of nodes to join
   * @param tls folder with {@code tls.key}, {@code tls.crt} and {@code ca.crt}, PEM
   * @param insecure true to do without TLS on an address that others can reach
   */
  public record Options(
      Path file,
      List<String> roles,
      String host,
      Integer port,
      List<String> seeds,
      Integer devices,
      Path tls,
      boolean insecure) {

    public static final Options NONE =
        new Options(null, List.of(), null, null, List.of(), null, null, false);

    public Options {
      roles = roles == null ? List.of() : List.copyOf(roles);
      seeds = seeds == null ? List.of() : List.copyOf(seeds);
    }
  }

  private NodeConfig() {}

  /**
   * The whole configuration of a node.
   *
   * @throws IllegalArgumentException naming the setting, its value and where it was set
   */
  public static Config node(Options options) {
    Config config = quorate(secured(whole(options, "node.conf")));
    checkAddress(config);
    checkSeeds(config);
    checkJournal(config);
    return onOnePort(config);
  }

  /**
   * With three seeds or more, the majority is that of the seeds, which are all coordinators, and
   * not that of those who are still members: three nodes that lose sight of each other one after
   * the other would each be half of two for a moment, and each the half that stays.
   */
  private static Config quorate(Config config) {
    int seeds = seeds(config).size();
    if (seeds < 3) {
      return config;
    }
    String resolver = "pekko.cluster.split-brain-resolver.";
    return config
        .withValue(resolver + "active-strategy", ConfigValueFactory.fromAnyRef("static-quorum"))
        .withValue(
            resolver + "static-quorum.quorum-size", ConfigValueFactory.fromAnyRef(seeds / 2 + 1))
        .withValue(
            resolver + "static-quorum.role",
            ConfigValueFactory.fromAnyRef(NodeRole.COORDINATOR.label()));
  }

  /** Port 0 is any that is free: picked here, so that all names of the node agree on it. */
  private static Config onOnePort(Config config) {
    String path = "pekko.remote.artery.canonical.port";
    if (config.getInt(path) != 0) {
      return config;
    }
    try (ServerSocket free = new ServerSocket(0)) {
      return config.withValue(path, ConfigValueFactory.fromAnyRef(free.getLocalPort()));
    } catch (IOException e) {
      throw new IllegalArgumentException("no port is free: " + e.getMessage(), e);
    }
  }

  /**
   * The configuration of a program that talks to a cluster without being part of it.
   *
   * @param host this machine's address as the node sees it
   */
  public static Config client(Options options, String host) {
    Map<String, Object> given = new LinkedHashMap<>();
    given.put("pekko.remote.artery.canonical.hostname", host);
    given.put("pekko.remote.artery.canonical.port", 0);
    return secured(
        ConfigFactory.parseMap(given)
            .withFallback(ConfigFactory.parseResources("client.conf"))
            .withFallback(whole(options, "node.conf")));
  }

  private static Config whole(Options options, String defaults) {
    Map<String, Object> given = new LinkedHashMap<>();
    given.put("puzzle.roles", options.roles.isEmpty() ? null : options.roles);
    given.put("puzzle.seeds", options.seeds.isEmpty() ? null : options.seeds);
    given.put("pekko.remote.artery.canonical.hostname", options.host);
    given.put("pekko.remote.artery.canonical.port", options.port);
    given.put("puzzle.gpu.devices", options.devices);
    Path tls = options.tls == null ? null : options.tls.toAbsolutePath().normalize();
    given.put("puzzle.security.tls", tls == null ? null : tls.toString());
    given.put("puzzle.security.insecure", options.insecure ? true : null);
    given.values().removeIf(Objects::isNull);
    try {
      return ConfigFactory.parseMap(given, "command line")
          .withFallback(ConfigFactory.defaultOverrides())
          .withFallback(file(options.file))
          .withFallback(ConfigFactory.parseResources(defaults))
          .withFallback(ConfigFactory.parseResourcesAnySyntax("application"))
          .withFallback(ConfigFactory.defaultReferenceUnresolved())
          .resolve();
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          e.getMessage() + "\nMaybe compare with docs/operations.md.", e);
    }
  }

  private static Config file(Path file) {
    if (file == null) {
      return ConfigFactory.empty();
    }
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          file + ": no such file.\nMaybe the path is relative to another folder.");
    }
    Config config = ConfigFactory.parseFile(file.toFile());
    Config known =
        ConfigFactory.parseResources("node.conf")
            .withFallback(ConfigFactory.parseResourcesAnySyntax("application"));
    if (config.hasPath("puzzle")) {
      config
          .getObject("puzzle")
          .toConfig()
          .entrySet()
          .forEach(
              e -> {
                String path = "puzzle." + e.getKey();
                if (!known.hasPathOrNull(path)) {
                  throw new IllegalArgumentException(
                      "%s: there is no setting %s."
                              .formatted(e.getValue().origin().description(), path)
                          + "\nMaybe a typing error; docs/settings.md lists them all.");
                }
              });
    }
    return config;
  }

  private static Config secured(Config config) {
    String folder = config.getString("puzzle.security.tls");
    if (folder.isEmpty()) {
      return config;
    }
    Config secured = config;
    for (var file :
        Map.of("key-file", "tls.key", "cert-file", "tls.crt", "ca-cert-file", "ca.crt")
            .entrySet()) {
      Path path = Path.of(folder, file.getValue());
      if (!Files.isReadable(path)) {
        throw wrong(
            config,
            "puzzle.security.tls",
            path + " cannot be read",
            "make certificates with ./puzzle dev certificates");
      }
      secured =
          secured.withValue(
              "pekko.remote.artery.ssl.rotating-keys-engine." + file.getKey(),
              ConfigValueFactory.fromAnyRef(path.toString()));
    }
    return secured
        .withValue("pekko.remote.artery.transport", ConfigValueFactory.fromAnyRef("tls-tcp"))
        .withValue(
            "pekko.remote.artery.ssl.ssl-engine-provider",
            ConfigValueFactory.fromAnyRef(
                "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider"));
  }

  private static void checkAddress(Config config) {
    for (String path :
        List.of("pekko.remote.artery.canonical.hostname", "pekko.remote.artery.bind.hostname")) {
      String host = config.getString(path);
      if (host.isEmpty() || host.startsWith("<")) {
        continue;
      }
      boolean safe =
          loopback(host)
              || !config.getString("puzzle.security.tls").isEmpty()
              || config.getBoolean("puzzle.security.insecure");
      if (!safe) {
        throw wrong(
            config,
            path,
            "others can reach that address, and there is no TLS",
            "make certificates with ./puzzle dev certificates and give --tls DIR, or give"
                + " --insecure on a network where everybody may do everything");
      }
    }
    int port = config.getInt("pekko.remote.artery.canonical.port");
    if (port < 0 || port > 65_535) {
      throw wrong(config, "pekko.remote.artery.canonical.port", "not a port", "25520");
    }
  }

  private static void checkSeeds(Config config) {
    List<String> seeds = seeds(config);
    boolean coordinator =
        Set.copyOf(config.getStringList("puzzle.roles")).contains(NodeRole.COORDINATOR.label());
    if (seeds.isEmpty() && !coordinator) {
      throw wrong(
          config,
          "puzzle.seeds",
          "a node without the role coordinator cannot begin a cluster",
          "give --seeds HOST:PORT of a coordinator");
    }
    String self =
        config.getString("pekko.remote.artery.canonical.hostname")
            + ":"
            + config.getInt("pekko.remote.artery.canonical.port");
    if (coordinator && seeds.size() >= 3 && !seeds.contains(self)) {
      throw wrong(
          config,
          "puzzle.seeds",
          self + " has the role coordinator and is none of them, so that nobody counts it",
          "list all coordinators, or give other --roles");
    }
  }

  /** A journal wherever the node happened to be started would be another one the next time. */
  private static void checkJournal(Config config) {
    if (config.hasPath("puzzle.embedded.folder")
        && config.getString("puzzle.journal").equals("embedded")
        && config.getStringList("puzzle.roles").contains(NodeRole.COORDINATOR.label())
        && config.getString("puzzle.embedded.folder").equals(".")) {
      throw wrong(
          config,
          "puzzle.journal",
          "the embedded journal has no folder",
          "give --journal DIR, or write puzzle.journal = cassandra, which several coordinators"
              + " can share");
    }
  }

  /** Addresses of nodes to join, {@code host:port}; checked. */
  public static List<String> seeds(Config config) {
    List<String> seeds = new ArrayList<>();
    for (String seed : config.getStringList("puzzle.seeds")) {
      int colon = seed.lastIndexOf(':');
      String port = colon < 0 ? "" : seed.substring(colon + 1);
      if (colon < 1 || !port.matches("\\d{1,5}") || Integer.parseInt(port) > 65_535) {
        throw wrong(config, "puzzle.seeds", "'" + seed + "' is not HOST:PORT", "127.0.0.1:25520");
      }
      seeds.add(seed);
    }
    return seeds;
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          host + ": no such host.\nMaybe a typing error, or the name server does not know it.", e);
    }
  }

  private static IllegalArgumentException wrong(
      Config config, String path, String what, String maybe) {
    return new IllegalArgumentException(
        "%s: %s = %s: %s.\nMaybe %s."
            .formatted(
                config.getValue(path).origin().description(),
                path,
                config.getValue(path).unwrapped(),
                what,
                maybe));
  }
}

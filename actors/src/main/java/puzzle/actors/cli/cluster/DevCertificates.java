package puzzle.actors.cli.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.cli.console.CliCommand;
import puzzle.actors.cli.console.ExitCode;
import puzzle.engine.files.Folders;
import puzzle.model.InvalidInputException;

/** Certificates for nodes and clients, made by the keytool of the JDK. */
@Command(
    name = "certificates",
    description = {
      "Makes an authority and a certificate for each host: DIR/HOST/{tls.key,tls.crt,ca.crt}.",
      "Nodes and clients take such a folder as --tls. The authority's key is not kept."
    })
final class DevCertificates extends CliCommand {

  /** The name that all certificates of a cluster share; nodes refuse whoever lacks it. */
  private static final String NAME = "puzzle";

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "Made if missing.")
  Path out;

  @Option(
      names = "--hosts",
      split = ",",
      paramLabel = "HOST",
      description = "Names or addresses, one certificate each. Default: ${DEFAULT-VALUE}.",
      defaultValue = "127.0.0.1")
  List<String> hosts;

  @Option(names = "--days", description = "Valid for. Default: ${DEFAULT-VALUE}.")
  int days = 365;

  private Path work;
  private String password;

  @Override
  public Integer call() throws Exception {
    for (String host : hosts) {
      if (!host.matches("[A-Za-z0-9]([A-Za-z0-9.:-]{0,252})")) {
        throw new InvalidInputException(
            "--hosts '%s': no host name or address.\nMaybe node-1.example.".formatted(host));
      }
      if (Files.exists(out.resolve(folder(host)))) {
        throw new InvalidInputException(
            out.resolve(folder(host))
                + ": exists already.\nMaybe another --out; certificates of two runs of this"
                + " command do not accept each other.");
      }
    }
    work = Files.createTempDirectory("puzzle-certificates");
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    password = HexFormat.of().formatHex(random);
    try {
      make();
    } finally {
      Folders.delete(work);
    }
    return ExitCode.DONE;
  }

  private void make() throws Exception {
    keytool(
        "-genkeypair -alias ca -keystore ca.p12 -dname CN=%s-ca -keyalg RSA -keysize 3072"
            + " -validity %d -ext bc:critical=ca:true -ext ku:critical=keyCertSign,cRLSign",
        NAME, days);
    keytool("-exportcert -rfc -alias ca -keystore ca.p12 -file ca.crt");
    for (String host : hosts) {
      String name = folder(host);
      keytool(
          "-genkeypair -alias node -keystore %s.p12 -dname CN=%s -keyalg RSA -keysize 3072",
          name, NAME);
      keytool("-certreq -alias node -keystore %1$s.p12 -file %1$s.csr", name);
      keytool(
          "-gencert -rfc -alias ca -keystore ca.p12 -infile %1$s.csr -outfile %1$s.crt"
              + " -validity %2$d -ext san=%3$s,dns:%4$s"
              + " -ext ku:critical=digitalSignature,keyEncipherment"
              + " -ext eku=serverAuth,clientAuth",
          name, days, alternative(host), NAME);
      Path folder = Files.createDirectories(out.resolve(name));
      secret(folder.resolve("tls.key"), key(work.resolve(name + ".p12")));
      Files.copy(work.resolve(name + ".crt"), folder.resolve("tls.crt"));
      Files.copy(work.resolve("ca.crt"), folder.resolve("ca.crt"));
      out().println(folder);
    }
  }

  private static String folder(String host) {
    return host.replace(':', '-');
  }

  private static String alternative(String host) {
    boolean address = host.matches("[0-9.]+") || host.contains(":");
    return (address ? "ip:" : "dns:") + host;
  }

  private String key(Path store) throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
    byte[] der = keys.getKey("node", password.toCharArray()).getEncoded();
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
        + "\n-----END PRIVATE KEY-----\n";
  }

  private static void secret(Path file, String text) throws IOException {
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.writeString(file, text);
  }

  /** Runs keytool; no argument has a space in it. */
  private void keytool(String format, Object... values) throws IOException, InterruptedException {
    String[] arguments = format.formatted(values).split(" ");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-storetype", "PKCS12", "-storepass:env", "PUZZLE_STORE"));
    Process process;
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(work.toFile()).redirectErrorStream(true);
      builder.environment().put("PUZZLE_STORE", password);
      process = builder.start();
    } catch (IOException e) {
      throw new InvalidInputException(
          command.get(0) + ": cannot be started.\nMaybe JAVA_HOME is not a whole JDK.", e);
    }
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("keytool %s failed: %s".formatted(arguments[0], said.strip()));
    }
  }
}

package puzzle.actors.http;

import static puzzle.model.InvalidInputException.shown;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.http.javadsl.ConnectionContext;
import org.apache.pekko.http.javadsl.Http;
import org.apache.pekko.http.javadsl.ServerBinding;
import org.apache.pekko.http.javadsl.ServerBuilder;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.pattern.AskTimeoutException;
import org.apache.pekko.stream.javadsl.Sink;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import puzzle.actors.edge.EdgeParts;
import puzzle.actors.edge.Refusal;

/**
 * The HTTP server of one node: finds the endpoint of a request, lets the {@link Gate} judge it, and
 * turns whatever goes wrong into a problem document. Keeps nothing.
 */
public final class HttpEdge implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HttpEdge.class);

  /** Bodies of refused requests are read up to this, so that the caller sees the answer. */
  private static final long DISCARD = 16L << 20;

  private static final List<HttpHeader> SAFETY =
      List.of(
          RawHeader.create(
              "Content-Security-Policy",
              "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"),
          RawHeader.create("X-Content-Type-Options", "nosniff"),
          RawHeader.create("Referrer-Policy", "no-referrer"),
          RawHeader.create("Cross-Origin-Resource-Policy", "same-origin"),
          RawHeader.create("Cross-Origin-Opener-Policy", "same-origin"));

  private final ActorSystem<?> system;
  private final HttpSettings settings;
  private final Gate gate;
  private final Tokens tokens;
  private final Meters meters;
  private final List<Endpoint> endpoints;
  private ServerBinding binding;

  /** Starts to listen. */
  public static HttpEdge start(
      ActorSystem<?> system, HttpSettings settings, EdgeParts parts, Meters meters) {
    Tokens tokens = Tokens.at(settings.tokenFile());
    HttpEdge edge = new HttpEdge(system, settings, tokens, parts, meters);
    edge.bind();
    return edge;
  }

  private HttpEdge(
      ActorSystem<?> system, HttpSettings settings, Tokens tokens, EdgeParts parts, Meters meters) {
    this.system = system;
    this.settings = settings;
    this.tokens = tokens;
    this.gate = new Gate(settings, tokens);
    this.meters = meters;
    Executor worker =
        system.dispatchers().lookup(DispatcherSelector.fromConfig("puzzle.edge-dispatcher"));
    this.endpoints = Routes.all(system, settings, gate, parts, meters, worker);
  }

  private void bind() {
    try {
      try {
        binding = bound(settings.port());
      } catch (ExecutionException e) {
        if (!settings.anyPort()) {
          throw e;
        }
        binding = bound(0);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while opening the HTTP port", e);
    } catch (Exception e) {
      throw new IllegalStateException(
          "the HTTP port %s:%d cannot be opened: %s%nMaybe another process has it: choose another port."
              .formatted(
                  settings.host(),
                  settings.port(),
                  e.getCause() == null ? e.getMessage() : e.getCause().getMessage()),
          e);
    }
  }

  private ServerBinding bound(int port) throws Exception {
    ServerBuilder server = Http.get(system).newServerAt(settings.host(), port);
    if (settings.tls()) {
      server = server.enableHttps(ConnectionContext.httpsServer(tls()));
    }
    return server.bind(this::answer).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  public int port() {
    return binding.localAddress().getPort();
  }

  /** Where people find the dashboard; the token is in the fragment, which no server logs. */
  public String dashboardUrl() {
    return url() + "/#token=" + tokens.operator();
  }

  /** {@code http://127.0.0.1:7878}. */
  public String url() {
    String host = settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
    return gate.scheme() + "://" + host + ":" + port();
  }

  public Tokens tokens() {
    return tokens;
  }

  List<Endpoint> endpoints() {
    return endpoints;
  }

  /** Stops to listen; what is being answered has a moment to end. */
  @Override
  public void close() {
    try {
      binding.terminate(Duration.ofSeconds(1)).toCompletableFuture().get(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      LOG.debug("the HTTP server did not stop in time", e);
    }
  }

  private CompletionStage<HttpResponse> answer(HttpRequest request) {
    long started = System.nanoTime();
    String[] route = {"none"};
    CompletionStage<HttpResponse> response;
    try {
      response = dispatch(request, route);
    } catch (Exception e) {
      response = CompletableFuture.failedStage(e);
    }
    return response
        .exceptionally(
            failure -> {
              discard(request);
              return refused(failure);
            })
        .thenApply(
            r -> {
              meters.request(
                  route[0], r.status().intValue(), Duration.ofNanos(System.nanoTime() - started));
              return r.addHeaders(SAFETY);
            });
  }

  private CompletionStage<HttpResponse> dispatch(HttpRequest request, String[] route)
      throws Exception {
    gate.checkSource(request);
    List<String> segments = segments(request);
    String method = request.method().value();
    Endpoint found = null;
    Map<String, String> path = Map.of();
    Role least = Role.OPERATOR;
    boolean open = false;
    TreeSet<String> allowed = new TreeSet<>();
    for (Endpoint endpoint : endpoints) {
      Optional<Map<String, String>> match = endpoint.match(segments);
      if (match.isPresent()) {
        allowed.add(endpoint.method());
        open |= endpoint.role() == null;
        if (endpoint.role() != null && endpoint.role().ordinal() < least.ordinal()) {
          least = endpoint.role();
        }
        if (endpoint.method().equals(method)) {
          found = endpoint;
          path = match.get();
        }
      }
    }
    if (allowed.isEmpty()) {
      throw Refusal.of(
          404, "there is nothing at " + shown(request.getUri().path()), "Maybe see /openapi.json.");
    }
    Role caller = gate.role(request).orElse(null);
    Role needed = found != null ? found.role() : open ? null : least;
    if (needed != null) {
      if (caller == null) {
        throw Refusal.of(
            401,
            "no token, or not one of this server's",
            "Maybe send Authorization: Bearer and a token from " + settings.tokenFile() + ".");
      }
      if (!caller.includes(needed)) {
        throw Refusal.of(
            403, "a " + caller.label() + " may not do this", "Maybe use the operator's token.");
      }
    }
    if (found == null) {
      discard(request);
      HttpResponse no =
          Replies.problem(Refusal.of(405, method + " is not one of " + allowed, null));
      return CompletableFuture.completedStage(
          no.addHeader(RawHeader.create("Allow", String.join(", ", allowed))));
    }
    route[0] = found.path();
    return found.handler().handle(new Call(system, settings, request, path, caller));
  }

  private HttpResponse refused(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof Refusal refusal) {
      HttpResponse response = Replies.problem(refusal);
      if (refusal.status() == 401) {
        return response.addHeader(RawHeader.create("WWW-Authenticate", "Bearer realm=\"puzzle\""));
      }
      return refusal.status() == 503
          ? response.addHeader(RawHeader.create("Retry-After", "2"))
          : response;
    }
    if (cause instanceof AskTimeoutException || cause instanceof TimeoutException) {
      return Replies.problem(
              Refusal.of(
                  503, "no answer in time", "Maybe the journal is down, or the run is moving."))
          .addHeader(RawHeader.create("Retry-After", "5"));
    }
    LOG.error("a request failed", cause);
    return Replies.problem(
        Refusal.of(500, "this should not have happened", "Maybe the node's log says more."));
  }

  /** A body that is not wanted: a small one is read, so that the connection stays usable. */
  private void discard(HttpRequest request) {
    long length = request.entity().getContentLengthOption().orElse(Long.MAX_VALUE);
    if (!request.entity().isStrict()) {
      if (length <= DISCARD) {
        request.discardEntityBytes(system);
      } else {
        request.entity().getDataBytes().runWith(Sink.cancelled(), system);
      }
    }
  }

  private static List<String> segments(HttpRequest request) {
    List<String> segments = new ArrayList<>();
    String path = request.getUri().path();
    for (String part : path.substring(path.startsWith("/") ? 1 : 0).split("/", -1)) {
      try {
        segments.add(URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw Refusal.of(400, "the path is not well encoded: " + shown(path), null);
      }
    }
    return segments;
  }

  private SSLContext tls() throws IOException, GeneralSecurityException {
    char[] password =
        settings.keyStorePassword() == null
            ? new char[0]
            : Files.readString(settings.keyStorePassword()).strip().toCharArray();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(settings.keyStore())) {
      store.load(in, password);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, new SecureRandom());
    return context;
  }
}

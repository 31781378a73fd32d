package puzzle.actors.http;

import static puzzle.model.InvalidInputException.shown;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.Cookie;
import org.apache.pekko.http.javadsl.model.headers.HttpCookiePair;
import puzzle.actors.edge.Refusal;

/**
 * Who may do what. A request must call the server by a name of its own (else a page that rebinds
 * its name to this address could talk to it), must not come from another site's page, and must
 * carry the token of a role: as a bearer token, or, from the dashboard, in a cookie that no other
 * site's page can make a browser send.
 */
record Gate(HttpSettings settings, Tokens tokens) {

  /** Throws a problem with status 403 unless name and origin are right. */
  void checkSource(HttpRequest request) {
    String host = value(request, "Host").orElse("");
    if (!own(hostName(host))) {
      throw Refusal.of(
          403,
          "this server is not called '" + shown(host) + "'",
          "Maybe use 127.0.0.1 or localhost, or add the name to puzzle.http.hosts.");
    }
    Optional<String> origin = value(request, "Origin");
    if (origin.isPresent() && !origin.get().equalsIgnoreCase(scheme() + "://" + host)) {
      throw Refusal.of(
          403,
          "pages of '" + shown(origin.get()) + "' may not talk to this server",
          "Maybe a proxy changes Host or Origin.");
    }
    String site = value(request, "Sec-Fetch-Site").orElse("");
    if (site.equals("cross-site") && !request.method().name().equals("GET")) {
      throw Refusal.of(403, "another site's page sent this request", null);
    }
  }

  /** The role of the caller; empty if there is no token or a wrong one. */
  Optional<Role> role(HttpRequest request) {
    Optional<String> authorization = value(request, "Authorization");
    if (authorization.isPresent()) {
      String text = authorization.get();
      return tokens.role(
          text.regionMatches(true, 0, "Bearer ", 0, 7)
              ? Optional.of(text.substring(7).strip())
              : Optional.empty());
    }
    return tokens.role(cookie(request));
  }

  Optional<Role> role(String token) {
    return tokens.role(Optional.of(token));
  }

  /** Cookies are shared by all ports of a host, so their names tell servers apart. */
  String cookieName(HttpRequest request) {
    String host = value(request, "Host").orElse("");
    int colon = host.lastIndexOf(':');
    String port = colon < 0 || host.endsWith("]") ? "" : host.substring(colon + 1);
    return "puzzle-" + (port.matches("[0-9]{1,5}") ? port : "0");
  }

  String scheme() {
    return settings.tls() ? "https" : "http";
  }

  private Optional<String> cookie(HttpRequest request) {
    String name = cookieName(request);
    for (HttpHeader header : request.getHeaders()) {
      if (header instanceof Cookie cookie) {
        for (HttpCookiePair pair : cookie.getCookies()) {
          if (pair.name().equals(name)) {
            return Optional.of(pair.value());
          }
        }
      }
    }
    return Optional.empty();
  }

  private boolean own(String name) {
    if (name.equals("localhost") || name.equals("127.0.0.1") || name.equals("[::1]")) {
      return true;
    }
    if (settings.hosts().contains(name)) {
      return true;
    }
    // A number cannot be rebound to another address; a name can.
    return !settings.loopback()
        && (name.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}") || name.matches("\\[[0-9a-f:.]+\\]"));
  }

  /** {@code 127.0.0.1} from {@code 127.0.0.1:7878}. */
  private static String hostName(String host) {
    try {
      String name = new URI("http://" + host).getHost();
      return name == null ? "" : name.toLowerCase(Locale.ROOT);
    } catch (URISyntaxException e) {
      return "";
    }
  }

  private static Optional<String> value(HttpRequest request, String name) {
    return request.getHeader(name).map(HttpHeader::value);
  }
}

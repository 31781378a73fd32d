package puzzle.actors.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import puzzle.actors.feed.FactJson;

/**
 * A request that is not answered with what it asked for: becomes a problem document (RFC 9457) with
 * the place, the value and what may help.
 */
final class HttpProblem extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final ContentType TYPE =
      ContentTypes.create(
          MediaTypes.applicationWithFixedCharset("problem+json", HttpCharsets.UTF_8));

  private final int status;
  private final String pointer;
  private final String suggestion;

  private HttpProblem(int status, String detail, String pointer, String suggestion) {
    super(detail, null, false, false);
    this.status = status;
    this.pointer = pointer;
    this.suggestion = suggestion;
  }

  static HttpProblem of(int status, String detail, String suggestion) {
    return new HttpProblem(status, detail, null, suggestion);
  }

  /**
   * A value in the request's body that cannot be used.
   *
   * @param pointer JSON pointer to it, or {@code ?name} for a query parameter
   */
  static HttpProblem at(String pointer, Object value, String what, String suggestion) {
    String text = String.valueOf(value);
    return new HttpProblem(
        400,
        (text.length() > 80 ? text.substring(0, 80) + "..." : text) + " " + what,
        pointer,
        suggestion);
  }

  /** The same from a message whose second line says "Maybe ...". */
  static HttpProblem said(int status, String pointer, String message) {
    String text = message == null ? "not usable" : message;
    int line = text.indexOf('\n');
    return new HttpProblem(
        status,
        line < 0 ? text : text.substring(0, line),
        pointer,
        line < 0 ? null : text.substring(line + 1).strip());
  }

  int status() {
    return status;
  }

  /** Place, what is wrong and what may help, on one line. */
  String inWords() {
    return (pointer == null ? "" : pointer + ": ")
        + getMessage()
        + (suggestion == null ? "" : " " + suggestion);
  }

  HttpResponse response() {
    ObjectNode json = FactJson.MAPPER.createObjectNode();
    json.put("type", "about:blank");
    json.put("title", StatusCodes.get(status).reason());
    json.put("status", status);
    json.put("detail", getMessage());
    if (pointer != null) {
      json.put("pointer", pointer);
    }
    if (suggestion != null) {
      json.put("suggestion", suggestion);
    }
    return HttpResponse.create().withStatus(status).withEntity(TYPE, FactJson.bytes(json));
  }
}

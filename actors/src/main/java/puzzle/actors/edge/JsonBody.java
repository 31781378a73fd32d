package puzzle.actors.edge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** An object in a request's body, with the pointer to it: every problem names place and value. */
public record JsonBody(String pointer, JsonNode node) {

  public JsonBody {
    if (!node.isObject()) {
      throw Refusal.at(pointer.isEmpty() ? "/" : pointer, node, "is not an object", null);
    }
  }

  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** Refuses fields that nobody reads: most are misspelt. */
  public void only(Set<String> known) {
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw Refusal.at(
                    pointer + "/" + name,
                    name,
                    "is not known",
                    "Maybe one of " + new TreeSet<>(known) + ".");
              }
            });
  }

  public JsonBody object(String field) {
    return new JsonBody(pointer + "/" + field, node.path(field));
  }

  /** The objects of a list; empty if it is left out. */
  public List<JsonBody> list(String field, int most) {
    JsonNode list = node.path(field);
    if (list.isMissingNode()) {
      return List.of();
    }
    if (!list.isArray() || list.size() > most) {
      throw Refusal.at(
          pointer + "/" + field,
          list.isArray() ? list.size() + " items" : list,
          "is not a list of up to " + most,
          null);
    }
    List<JsonBody> items = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      items.add(new JsonBody(pointer + "/" + field + "/" + i, list.get(i)));
    }
    return items;
  }

  public String text(String field) {
    JsonNode value = node.path(field);
    if (!value.isTextual()) {
      throw bad(field, "is not a text", null);
    }
    return value.textValue();
  }

  public long whole(String field, long least, long most) {
    JsonNode value = node.path(field);
    if (!value.isIntegralNumber()
        || !value.canConvertToLong()
        || value.longValue() < least
        || value.longValue() > most) {
      throw bad(field, "is not a whole number", "Maybe " + least + " to " + most + " was meant.");
    }
    return value.longValue();
  }

  public int whole(String field, int least, int most) {
    return (int) whole(field, (long) least, (long) most);
  }

  public double number(String field, double least) {
    JsonNode value = node.path(field);
    if (!value.isNumber() || !Double.isFinite(value.doubleValue()) || value.doubleValue() < least) {
      throw bad(field, least > 0 ? "is not a positive number" : "is not a usable number", null);
    }
    return value.doubleValue();
  }

  public boolean flag(String field) {
    JsonNode value = node.path(field);
    if (!value.isBoolean()) {
      throw bad(field, "is neither true nor false", null);
    }
    return value.booleanValue();
  }

  /** The place of a text among those that are known. */
  public int oneOf(String field, List<String> known) {
    JsonNode value = node.path(field);
    int place = value.isTextual() ? known.indexOf(value.textValue()) : -1;
    if (place < 0) {
      throw bad(field, "is not known", "Maybe one of " + known + ".");
    }
    return place;
  }

  public <T> T parsed(String field, Function<String, T> parse) {
    String text = text(field);
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw Refusal.said(400, pointer + "/" + field, e.getMessage());
    }
  }

  private Refusal bad(String field, String what, String maybe) {
    JsonNode value = node.path(field);
    return Refusal.at(
        pointer + "/" + field, value.isMissingNode() ? "nothing" : value, what, maybe);
  }
}

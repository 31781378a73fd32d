package puzzle.engine.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Names and their values; those of an outer scope are seen, and hidden by a name of this one. */
final class Scope {

  /** What can be called. */
  interface Callable {
    Object call(List<Object> arguments, Map<String, Object> named);
  }

  /** What {@code namespace()} gives: fields that may be set from an inner scope. */
  record Namespace(Map<String, Object> fields) {}

  private final Scope outer;
  private final Map<String, Object> names = new HashMap<>();

  Scope(Scope outer) {
    this.outer = outer;
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      if (scope.names.containsKey(name)) {
        return scope.names.get(name);
      }
    }
    return new Undefined(name);
  }

  void set(String name, Object value) {
    names.put(name, value);
  }
}

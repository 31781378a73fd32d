package puzzle.model;

import java.util.Objects;

/**
 * The result of one of a run's tasks, come by somewhere else.
 *
 * @param id chosen by who delivers; the same id again changes nothing
 * @param source who measured or trained
 * @param key of the task whose result this is: {@code score/3/kv-4+ffn-640}, {@code bld/3/kv-4}
 */
public record Delivery(String id, String source, String key, TaskResult result) {

  public Delivery {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(source, "source");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(result, "result");
  }

  /** Stands in the record where a device's name stands for work done here. */
  public String device() {
    return "external/" + source + "#" + id;
  }
}

package puzzle.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Objects;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Device;
import puzzle.model.Failure;
import puzzle.model.RunSpec;
import puzzle.model.Task;
import puzzle.model.TaskResult;

/**
 * What the owner of a task and the device that runs it tell each other. The owner holds the intent:
 * it counts attempts, grants leases and judges results; a device only ever has one attempt.
 */
public interface Work {

  /** Who owns a task: an entity, found through sharding wherever it lives now. */
  record Owner(Kind kind, String entityId) implements Wire {

    /** The kinds of entity that own tasks. */
    public enum Kind {
      RUN("Run"),
      LAYER("Layer"),
      GKD("Gkd");

      private final String journal;

      Kind(String journal) {
        this.journal = journal;
      }
    }

    public Owner {
      Objects.requireNonNull(kind, "kind");
      Objects.requireNonNull(entityId, "entityId");
    }

    /** Names the owner's events in the journal: {@code Layer|run/3}. */
    public String persistenceId() {
      return kind.journal + "|" + entityId;
    }
  }

  /**
   * One attempt at a task, on offer.
   *
   * @param attempt fencing token: only a result that carries the attempt the owner granted counts
   * @param priority smaller runs sooner
   * @param layer whose activations the task reads, or -1
   * @param exclusive true if the task measures time and wants its host to itself
   * @param avoid name of the device on which the last attempt failed, or empty
   */
  record Ticket(
      RunSpec spec,
      Owner owner,
      Task task,
      int attempt,
      int priority,
      int layer,
      boolean exclusive,
      String avoid)
      implements Wire {

    public Ticket {
      Objects.requireNonNull(spec, "spec");
      Objects.requireNonNull(owner, "owner");
      Objects.requireNonNull(task, "task");
      avoid = avoid == null ? "" : avoid;
    }

    /**
     * True if the task is one of those a device takes.
     *
     * @param accepts kinds, as {@code score}, which is what keys begin with, or keys with {@code *}
     *     for anything, as {@code score/5/kv-8+*}; empty for all
     */
    public boolean isOneOf(Set<String> accepts) {
      String key = task.key();
      return accepts.isEmpty()
          || accepts.stream()
              .anyMatch(
                  a -> a.indexOf('*') >= 0 ? matches(a, key) : (key + "/").startsWith(a + "/"));
    }

    private static boolean matches(String pattern, String key) {
      String[] parts = pattern.split("\\*", -1);
      int at = parts[0].length();
      if (!key.startsWith(parts[0])) {
        return false;
      }
      for (int i = 1; i < parts.length - 1; i++) {
        int found = key.indexOf(parts[i], at);
        if (found < 0) {
          return false;
        }
        at = found + parts[i].length();
      }
      String last = parts[parts.length - 1];
      return key.length() - at >= last.length() && key.endsWith(last);
    }

    /** Names the task among all runs; attempts share it. */
    public String id() {
      return owner.kind() + "|" + owner.entityId() + "|" + task.key();
    }
  }

  /** What a device tells the owner. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Started.class, name = "started"),
    @JsonSubTypes.Type(value = Alive.class, name = "alive"),
    @JsonSubTypes.Type(value = Done.class, name = "done"),
    @JsonSubTypes.Type(value = Failed.class, name = "failed")
  })
  sealed interface Report {
    String key();

    int attempt();

    Device device();

    ActorRef<Gpu.Command> gpu();
  }

  /** The attempt runs. */
  record Started(String key, int attempt, Device device, ActorRef<Gpu.Command> gpu)
      implements Report {}

  /** The attempt still runs: renews its lease. */
  record Alive(String key, int attempt, Device device, ActorRef<Gpu.Command> gpu)
      implements Report {}

  /** The attempt gave a result. Repeated until acknowledged. */
  record Done(String key, int attempt, Device device, ActorRef<Gpu.Command> gpu, TaskResult result)
      implements Report {}

  /** The attempt gave none. Repeated until acknowledged. */
  record Failed(String key, int attempt, Device device, ActorRef<Gpu.Command> gpu, Failure failure)
      implements Report {}
}

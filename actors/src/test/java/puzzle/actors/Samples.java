package puzzle.actors;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import puzzle.model.Architecture;
import puzzle.model.Block;
import puzzle.model.BlockCost;
import puzzle.model.CheckpointRef;
import puzzle.model.Limit;
import puzzle.model.Part;
import puzzle.model.RetryPolicy;
import puzzle.model.RunId;
import puzzle.model.RunSpec;
import puzzle.model.Score;
import puzzle.model.SearchSpace;
import puzzle.model.Target;
import puzzle.model.Task;
import puzzle.model.Variant;
import puzzle.model.Workload;

/** Makes a value of any type that messages and events are built of, every component filled in. */
public final class Samples {

  private final Map<Class<?>, Object> fixed = new HashMap<>();

  public Samples(ActorRef<?> ref) {
    RunSpec spec = Examples.spec(Path.of("/store"));
    Variant attention = Variant.attention(4);
    fixed.put(ActorRef.class, ref);
    fixed.put(RunId.class, new RunId("run-1"));
    fixed.put(RunSpec.class, spec);
    fixed.put(SearchSpace.class, spec.space());
    fixed.put(Target.class, spec.target());
    fixed.put(Workload.class, Examples.WORKLOAD);
    fixed.put(Limit.class, new Limit(Limit.Stat.MEMORY, 0.5, true));
    fixed.put(RetryPolicy.class, RetryPolicy.DEFAULT);
    fixed.put(Variant.class, attention);
    fixed.put(Block.class, new Block(attention, Variant.ffn(64)));
    fixed.put(Architecture.class, Architecture.uniform(new Block(attention, Variant.ffn(64)), 2));
    fixed.put(CheckpointRef.class, new CheckpointRef("a/b", 3, "0".repeat(64)));
    fixed.put(Score.class, Score.measured(0.5, 0.1));
    fixed.put(BlockCost.class, new BlockCost(1, 2, 3, 4, 5));
    fixed.put(Part.class, new Part(1, 3, 4));
    fixed.put(Task.class, new Task.Tokenize());
    fixed.put(String.class, "text");
    fixed.put(int.class, 3);
    fixed.put(Integer.class, 3);
    fixed.put(long.class, 4L);
    fixed.put(Long.class, 4L);
    fixed.put(double.class, 0.5);
    fixed.put(boolean.class, true);
    fixed.put(Duration.class, Duration.ofSeconds(2));
    fixed.put(Instant.class, Instant.parse("2026-01-01T00:00:00Z"));
  }

  /** One value of the type, or one of each of its kinds where it is sealed. */
  public List<Object> all(Type type) {
    Class<?> raw = raw(type);
    if (raw.isSealed()) {
      List<Object> all = new ArrayList<>();
      for (Class<?> kind : raw.getPermittedSubclasses()) {
        all.addAll(all(kind));
      }
      return all;
    }
    return List.of(one(type));
  }

  private Object one(Type type) {
    Class<?> raw = raw(type);
    if (fixed.containsKey(raw)) {
      return fixed.get(raw);
    }
    if (raw.isEnum()) {
      return raw.getEnumConstants()[0];
    }
    if (raw == List.class) {
      return all(argument(type, 0));
    }
    if (raw == Set.class) {
      return Set.copyOf(all(argument(type, 0)));
    }
    if (raw == Map.class) {
      return Map.of(one(argument(type, 0)), one(argument(type, 1)));
    }
    if (raw.isSealed()) {
      return all(raw).get(0);
    }
    return record(raw);
  }

  private Object record(Class<?> raw) {
    RecordComponent[] components = raw.getRecordComponents();
    if (components == null) {
      throw new IllegalArgumentException("no sample of " + raw);
    }
    try {
      Constructor<?> constructor =
          raw.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(
          Arrays.stream(components).map(c -> one(c.getGenericType())).toArray());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("no sample of " + raw, e);
    }
  }

  private static Class<?> raw(Type type) {
    return type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : (Class<?>) type;
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }
}

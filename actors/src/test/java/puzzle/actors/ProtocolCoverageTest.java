package puzzle.actors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.typesafe.config.ConfigFactory;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.SerializationTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import puzzle.actors.feed.FeedActor;
import puzzle.actors.gkd.GkdActor;
import puzzle.actors.gpu.GpuActor;
import puzzle.actors.gpu.GpuPoolActor;
import puzzle.actors.layer.LayerActor;
import puzzle.actors.node.EdgeActor;
import puzzle.actors.run.RunActor;
import puzzle.actors.solver.SolverActor;
import puzzle.persistence.GkdEvent;
import puzzle.persistence.GkdState;
import puzzle.persistence.LayerEvent;
import puzzle.persistence.LayerState;
import puzzle.persistence.RunEvent;
import puzzle.persistence.RunState;
import puzzle.protocol.Edge;
import puzzle.protocol.Feed;
import puzzle.protocol.Gkd;
import puzzle.protocol.Gpu;
import puzzle.protocol.GpuPool;
import puzzle.protocol.Layer;
import puzzle.protocol.Run;
import puzzle.protocol.Solver;
import puzzle.protocol.Wire;

/** What a compiler for Java 17 cannot check of a sealed protocol. */
class ProtocolCoverageTest {

  private static final Map<Class<?>, Class<?>> ACTORS =
      Map.of(
          Run.Command.class, RunActor.class,
          Layer.Command.class, LayerActor.class,
          Gpu.Command.class, GpuActor.class,
          GpuPool.Command.class, GpuPoolActor.class,
          Solver.Command.class, SolverActor.class,
          Gkd.Command.class, GkdActor.class,
          Feed.Command.class, FeedActor.class,
          Edge.Command.class, EdgeActor.class);

  private static ActorTestKit kit;

  @BeforeAll
  static void start() {
    kit =
        ActorTestKit.create(
            ConfigFactory.parseString("pekko.actor.provider = local")
                .withFallback(ConfigFactory.parseResources("serialization.conf"))
                .withFallback(ConfigFactory.defaultReference()));
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void everyCommandIsAWireRecordWithAHandler() {
    ACTORS.forEach(
        (protocol, actor) -> {
          for (Class<?> command : commands(protocol)) {
            assertTrue(command.isRecord(), command + " is a record");
            assertTrue(Wire.class.isAssignableFrom(command), command + " is Wire");
            assertTrue(
                Stream.of(actor, actor.getSuperclass())
                    .flatMap(c -> Arrays.stream(c.getDeclaredMethods()))
                    .anyMatch(m -> handles(m, command)),
                actor.getSimpleName() + " handles " + command.getSimpleName());
          }
        });
  }

  @Test
  void whatIsWireComesBackAsItWas() {
    SerializationTestKit serialization = kit.serializationTestKit();
    Samples samples = new Samples(kit.system().deadLetters());
    List<Class<?>> types = new ArrayList<>();
    ACTORS.keySet().forEach(p -> types.addAll(commands(p)));
    types.addAll(
        List.of(
            Run.Answer.class,
            Run.Status.class,
            Edge.Runs.class,
            Edge.Nodes.class,
            Feed.Fact.class,
            RunEvent.class,
            LayerEvent.class,
            GkdEvent.class,
            RunState.class,
            LayerState.class,
            GkdState.class));
    int count = 0;
    for (Class<?> type : types) {
      for (Object sample : samples.all(type)) {
        assertEquals(sample, serialization.verifySerialization(sample, true));
        count++;
      }
    }
    assertTrue(count > 40, count + " samples");
  }

  @Test
  void whatIsNotWireHasNoSerializer() {
    record Plain(String text) implements java.io.Serializable {}
    assertThrows(
        Exception.class,
        () -> kit.serializationTestKit().verifySerialization(new Plain("a"), false));
  }

  /** For the command itself or for all of its kind, as {@code Run.Reply}. */
  private static boolean handles(Method method, Class<?> command) {
    return Stream.concat(Stream.of(command), Arrays.stream(command.getInterfaces()))
        .anyMatch(c -> method.getName().equals("on" + c.getSimpleName()));
  }

  private static List<Class<?>> commands(Class<?> protocol) {
    return Arrays.stream(protocol.getPermittedSubclasses())
        .<Class<?>>map(c -> c)
        .filter(c -> !c.getSimpleName().equals("Internal"))
        .flatMap(c -> c.isSealed() ? commands(c).stream() : Stream.of(c))
        .toList();
  }
}

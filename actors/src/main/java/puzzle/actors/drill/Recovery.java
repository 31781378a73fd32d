package puzzle.actors.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * How long it took until what a kill took away was back, from what the nodes wrote.
 *
 * <p>A task was lost with a node where the node had begun an attempt at it and nobody ever recorded
 * that attempt's result. It is redone with the first step that any device does for it after the
 * kill. The pool is back with the first attempt of that run it sends, or, where the run had none
 * left to send, with its start; the solver with the first answer it finds, after the kill of the
 * node it was on.
 */
final class Recovery {

  private final List<Chronicles.Line> lines;

  Recovery(Stream<Chronicles.Line> lines) {
    this.lines = lines.sorted(Comparator.comparing(Chronicles.Line::at)).toList();
  }

  /** From the kill to the first step of each task that was lost and redone. */
  List<Duration> redone(Kill kill) {
    List<Duration> times = new ArrayList<>();
    for (Chronicles.Line begun : lost(kill)) {
      first(
              kill.at(),
              l ->
                  l.of(kill.run())
                      && (l.verb().equals("stepped") || l.verb().equals("finished"))
                      && l.key().equals(begun.key()))
          .ifPresent(l -> times.add(Duration.between(kill.at(), l.at())));
    }
    return times;
  }

  /** From the kill until pool and solver work again, of those that were on a killed node. */
  Optional<Duration> back(Kill kill) {
    Optional<Instant> pool =
        host(kill, l -> l.verb().equals("pool"))
            ? first(kill.at(), l -> l.says("dispatched", kill.run()))
                .or(() -> first(kill.at(), l -> l.verb().equals("pool")))
                .map(Chronicles.Line::at)
            : Optional.empty();
    Optional<Instant> solver =
        host(kill, l -> l.says("solver-started", kill.run()))
            ? first(kill.at(), l -> l.says("solved", kill.run())).map(Chronicles.Line::at)
            : Optional.empty();
    return Stream.of(pool, solver)
        .flatMap(Optional::stream)
        .max(Comparator.naturalOrder())
        .map(at -> Duration.between(kill.at(), at));
  }

  private List<Chronicles.Line> lost(Kill kill) {
    Set<String> over = new HashSet<>();
    for (Chronicles.Line l : lines) {
      if (l.says("recorded", kill.run())) {
        String event = l.words().get(2);
        boolean before = l.at().isBefore(kill.at()) && !event.equals("AttemptStarted");
        if (before || event.equals("TaskFinished")) {
          over.add(l.key() + " " + l.attempt());
        }
      }
    }
    List<Chronicles.Line> lost = new ArrayList<>();
    for (Chronicles.Line l : lines) {
      if (l.says("begun", kill.run())
          && kill.nodes().contains(l.node())
          && l.at().isBefore(kill.at())
          && !over.contains(l.key() + " " + l.attempt())) {
        lost.add(l);
      }
    }
    // An earlier kill of the same node lost earlier attempts: they are that kill's.
    lost.removeIf(
        l ->
            first(l.at(), n -> n.of(kill.run()) && later(n, l) && n.at().isBefore(kill.at()))
                .isPresent());
    return lost;
  }

  /** A newer attempt at the same task, or the same one again after a restart. */
  private static boolean later(Chronicles.Line n, Chronicles.Line l) {
    return n.verb().equals("begun") && n.key().equals(l.key()) && n.at().isAfter(l.at());
  }

  private boolean host(Kill kill, Predicate<Chronicles.Line> started) {
    return lines.stream()
        .filter(l -> l.at().isBefore(kill.at()) && started.test(l))
        .reduce((a, b) -> b)
        .map(l -> kill.nodes().contains(l.node()))
        .orElse(false);
  }

  private Optional<Chronicles.Line> first(Instant after, Predicate<Chronicles.Line> wanted) {
    return lines.stream().filter(l -> l.at().isAfter(after) && wanted.test(l)).findFirst();
  }
}

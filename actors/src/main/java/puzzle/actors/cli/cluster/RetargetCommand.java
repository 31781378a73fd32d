package puzzle.actors.cli.cluster;

import java.nio.file.Path;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.actors.runfile.TargetChange;
import puzzle.model.Target;
import puzzle.protocol.Run;

/** Gives a run another target. */
@Command(
    name = "retarget",
    description = {
      "Changes what the child must do, from the scores on record.",
      "The run is solved again at once; if its child was already distilled, it continues with another child."
    })
public final class RetargetCommand extends OrderCommand {

  @ArgGroup(multiplicity = "1")
  Change change;

  /** Either some limits or a whole target. */
  static final class Change {
    @Option(
        names = "--limit",
        paramLabel = "NAME: VALUE",
        description = "As in a run file, instead of all limits so far: 'throughput: 2.0 x parent'.")
    List<String> limits;

    @Option(
        names = "--target",
        paramLabel = "FILE",
        description = "The target section of a run file (YAML).")
    Path file;
  }

  @Override
  Run.Order order(Run.Status status, ActorRef<Run.Answer> replyTo) {
    Target target =
        change.file != null
            ? TargetChange.read(change.file)
            : TargetChange.limited(status.spec().target(), change.limits);
    return new Run.Retarget(target, replyTo);
  }
}

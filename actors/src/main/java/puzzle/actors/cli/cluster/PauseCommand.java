package puzzle.actors.cli.cluster;

import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;
import puzzle.protocol.Run;

/** Grants no further task of a run. */
@Command(
    name = "pause",
    description = "Grants no further task of a run; those that run are finished.")
public final class PauseCommand extends OrderCommand {

  @Override
  Run.Order order(Run.Status status, ActorRef<Run.Answer> replyTo) {
    return new Run.Pause(replyTo);
  }
}

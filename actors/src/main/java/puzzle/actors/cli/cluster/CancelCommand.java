package puzzle.actors.cli.cluster;

import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.protocol.Run;

/** Ends a run of a cluster for good. */
@Command(name = "cancel", description = "Ends a run of a cluster permanently; its store is kept.")
public final class CancelCommand extends OrderCommand {

  @Option(names = "--reason", description = "Kept with the run.")
  String reason = "cancelled";

  @Override
  Run.Order order(Run.Status status, ActorRef<Run.Answer> replyTo) {
    return new Run.Cancel(reason, replyTo);
  }
}

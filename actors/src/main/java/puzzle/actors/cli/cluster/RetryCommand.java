package puzzle.actors.cli.cluster;

import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import puzzle.protocol.Run;

/** Tries again what a run gave up. */
@Command(name = "retry", description = "Tries again what a run gave up, also after its end.")
public final class RetryCommand extends OrderCommand {

  @Option(names = "--failed", required = true, description = "All tasks that were given up.")
  boolean failed;

  @Override
  Run.Order order(Run.Status status, ActorRef<Run.Answer> replyTo) {
    return new Run.RetryFailed(replyTo);
  }
}

package puzzle.actors.cli.cluster;

import org.apache.pekko.actor.typed.ActorRef;
import picocli.CommandLine.Command;
import puzzle.protocol.Run;

/** Resumes a paused run. */
@Command(name = "resume", description = "Resumes a paused run.")
public final class ResumeCommand extends OrderCommand {

  @Override
  Run.Order order(Run.Status status, ActorRef<Run.Answer> replyTo) {
    return new Run.Resume(replyTo);
  }
}

package puzzle.actors.cli.cluster;

import static puzzle.actors.cli.console.Output.fields;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.Engines;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.RefusedException;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.ClusterLink;
import puzzle.actors.node.UnreachableException;
import puzzle.actors.run.RunFolder;
import puzzle.actors.runfile.RunFile;
import puzzle.protocol.Run;

/** Hands a run to a cluster; the same file again changes nothing. */
@Command(
    name = "submit",
    description = {
      "Checks a run file here and hands the run to a cluster. The same file again changes nothing.",
      "Parent, corpus and store are folders that all nodes see under the same path."
    })
public final class SubmitCommand extends ResultCommand {

  private static final int ATTEMPTS = 3;

  @Parameters(paramLabel = "FILE", description = "The run file (YAML).")
  Path file;

  @Mixin ConnectOptions connect;

  @Option(names = "--watch", description = "Show the run's progress until it ends.")
  boolean watch;

  @Override
  public Integer call() throws Exception {
    RunFile run = Engines.checked(file).run();
    try (ClusterLink link = connect.open()) {
      Run.Answer answer = submit(link, run);
      if (answer instanceof Run.Refused refused) {
        throw new RefusedException(refused.reason());
      }
      RunFolder.put(Path.of(run.spec().store(), "config.resolved.yaml"), run.resolved());
      boolean known = answer instanceof Run.Accepted a && a.resumed();
      String id = run.spec().id().value();
      output.show(
          fields("run", id, "known", known, "store", run.spec().store()),
          (out, all) -> {
            out.println(id);
            if (known) {
              System.err.println(id + " was submitted before");
            }
          });
      MissingRoles.of(link.nodes()).ifPresent(System.err::println);
      return watch ? RunFollower.until(link, run.spec().id(), output) : ExitCode.DONE;
    }
  }

  /** A cluster that has just formed may be slow to answer; asked again, it starts no second run. */
  private static Run.Answer submit(ClusterLink link, RunFile run) {
    for (int attempt = 1; ; attempt++) {
      try {
        return link.ask(
            run.spec().id(),
            replyTo -> new Run.Start(run.spec(), run.layers(), run.hash(), replyTo));
      } catch (UnreachableException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }
}

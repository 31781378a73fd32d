package puzzle.actors.cli.cluster;

import static puzzle.actors.cli.console.Output.fields;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import puzzle.actors.cli.console.ExitCode;
import puzzle.actors.cli.console.ResultCommand;
import puzzle.actors.node.ClusterLink;
import puzzle.model.InvalidInputException;
import puzzle.model.RunId;
import puzzle.protocol.Edge;
import puzzle.protocol.Run;

/** Who is in a cluster and how its runs are. */
@Command(
    name = "status",
    description = "Lists the nodes and runs of a cluster, or the status of one run.")
public final class StatusCommand extends ResultCommand {

  @Parameters(paramLabel = "RUN", arity = "0..1", description = "Name of a run.")
  String run;

  @Mixin ConnectOptions connect;

  @Override
  public Integer call() {
    try (ClusterLink link = connect.open()) {
      List<RunId> wanted = run == null ? link.runs() : List.of(id(run));
      List<Map<String, Object>> runs = new ArrayList<>();
      for (RunId id : wanted) {
        Run.Status status =
            run == null ? link.ask(id, Run.GetStatus::new) : RunFollower.known(link, id);
        if (status.spec() != null) {
          runs.add(row(status));
        }
      }
      List<Edge.Node> nodes = link.nodes();
      output.show(
          fields("nodes", nodes, "runs", runs),
          (out, all) -> {
            print(nodes, runs);
            MissingRoles.of(nodes).ifPresent(System.err::println);
          });
      return ExitCode.DONE;
    }
  }

  static RunId id(String text) {
    try {
      return new RunId(text);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(e.getMessage() + "\nMaybe it is a file's name.", e);
    }
  }

  private static Map<String, Object> row(Run.Status s) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("run", s.spec().id().value());
    row.put("phase", s.phase().label());
    row.put("done", s.done());
    row.put("total", s.total());
    row.put("paused", s.paused());
    row.put("failed", s.failed());
    row.put(
        "outcome", s.outcome() == null ? null : s.outcome().kind().name().toLowerCase(Locale.ROOT));
    row.put("detail", s.outcome() == null ? null : s.outcome().detail());
    row.put("started", s.startedAt() == null ? null : s.startedAt().toString());
    row.put("summed_kl", s.chosen() == null ? null : s.chosen().objective());
    row.put("store", s.spec().store());
    return row;
  }

  private void print(List<Edge.Node> nodes, List<Map<String, Object>> runs) {
    var out = out();
    if (run == null) {
      for (Edge.Node n : nodes) {
        out.println(
            "%-24s %-11s %s"
                .formatted(
                    n.address(),
                    n.reachable() ? n.status() : "unreachable",
                    String.join(", ", n.roles())));
      }
      out.println();
    }
    for (Map<String, Object> r : runs) {
      Object outcome = r.get("outcome");
      out.println(
          "%-24s %-11s %s"
              .formatted(
                  r.get("run"),
                  outcome == null ? r.get("phase") : outcome,
                  outcome != null
                      ? r.get("store")
                      : r.get("done")
                          + "/"
                          + r.get("total")
                          + (Boolean.TRUE.equals(r.get("paused")) ? ", paused" : "")
                          + (r.get("failed").equals(0) ? "" : ", failed " + r.get("failed"))));
    }
  }
}

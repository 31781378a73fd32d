package puzzle.actors.http;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import puzzle.actors.edge.EdgeParts;

/**
 * Every route of the HTTP server: method, path, the role it needs (null: none), and what answers
 * it. {@code openapi.json} describes the same routes to others.
 */
final class Routes {

  private Routes() {}

  static List<Endpoint> all(
      ActorSystem<?> node,
      HttpSettings settings,
      Gate gate,
      EdgeParts parts,
      Meters meters,
      Executor worker) {
    var system = new SystemEndpoints(gate, parts, meters);
    var runs = new RunEndpoints(settings, parts, meters, worker);
    var orders = new OrderEndpoints(parts);
    var deliveries = new DeliveryEndpoints(parts, worker, meters);
    var artefacts = new ArtefactEndpoints(parts, worker);
    var workers = new WorkerEndpoints(node, settings, parts.peers(), worker);
    String run = "/api/v1/runs/{id}";
    String remote = "/api/v1/workers/{worker}";

    List<Endpoint> all = new ArrayList<>();
    all.add(new Endpoint("GET", "/health", null, system::health));
    all.add(new Endpoint("GET", "/ready", null, system::ready));
    all.add(new Endpoint("GET", "/metrics", Role.VIEWER, system::scrape));
    all.add(new Endpoint("GET", "/openapi.json", null, system::openApi));
    all.add(new Endpoint("POST", "/api/v1/login", null, system::login));
    all.add(new Endpoint("POST", "/api/v1/logout", null, system::logout));
    all.add(new Endpoint("GET", "/api/v1/me", Role.VIEWER, system::me));

    all.add(new Endpoint("GET", "/api/v1/runs", Role.VIEWER, runs::runs));
    all.add(new Endpoint("POST", "/api/v1/runs", Role.OPERATOR, runs::submit));
    all.add(new Endpoint("GET", run, Role.VIEWER, runs::snapshot));
    all.add(new Endpoint("GET", run + "/events", Role.VIEWER, runs::events));
    all.add(new Endpoint("GET", run + "/front", Role.VIEWER, runs::front));
    all.add(new Endpoint("POST", run + "/what-if", Role.VIEWER, runs::whatIf));

    all.add(new Endpoint("POST", run + "/pause", Role.OPERATOR, orders.order("pause")));
    all.add(new Endpoint("POST", run + "/resume", Role.OPERATOR, orders.order("resume")));
    all.add(new Endpoint("POST", run + "/retry", Role.OPERATOR, orders.order("retry")));
    all.add(new Endpoint("POST", run + "/retarget", Role.OPERATOR, orders.order("retarget")));
    all.add(new Endpoint("POST", run + "/cancel", Role.OPERATOR, orders.order("cancel")));

    all.add(new Endpoint("POST", run + "/measurements", Role.OPERATOR, deliveries::deliver));
    all.add(new Endpoint("PUT", run + "/artefacts", Role.OPERATOR, artefacts::upload));
    all.add(new Endpoint("GET", run + "/artefacts", Role.OPERATOR, artefacts::download));

    all.add(new Endpoint("POST", remote + "/lease", Role.OPERATOR, workers::lease));
    all.add(new Endpoint("POST", remote + "/heartbeat", Role.OPERATOR, workers::heartbeat));
    all.add(new Endpoint("POST", remote + "/complete", Role.OPERATOR, workers::complete));
    all.add(new Endpoint("POST", remote + "/fail", Role.OPERATOR, workers::fail));

    all.add(new Endpoint("GET", "/", null, Dashboard.file("index.html")));
    for (String file : Dashboard.FILES) {
      all.add(new Endpoint("GET", "/" + file, null, Dashboard.file(file)));
    }
    return List.copyOf(all);
  }
}

/**
 * The edge over HTTP: snapshots, facts as server-sent events, orders, results measured elsewhere,
 * external workers, metrics, health, the dashboard. {@link puzzle.actors.http.Routes} lists every
 * route; {@link puzzle.actors.http.Gate} decides who may do what before anything else looks at a
 * request; {@code openapi.json} describes the routes to others, and tests hold the two together.
 * Stands on {@code edge}; nothing depends on it but the node.
 */
package puzzle.actors.http;

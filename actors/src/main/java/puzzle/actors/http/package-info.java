/**
 * The edge over HTTP: snapshots, facts as server-sent events, commands, results measured elsewhere,
 * external workers, metrics, health, the dashboard. {@link puzzle.actors.http.Gate} decides who may
 * do what before anything else looks at a request; {@code openapi.json} beside the classes is the
 * list of endpoints, and tests hold the two together. Depends on {@code feed} for what is read and
 * on the entities for what is changed; nothing depends on it but the node.
 */
package puzzle.actors.http;

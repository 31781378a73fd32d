/**
 * How a node is set up: its roles, its settings, and the HOCON files that {@code application.conf}
 * puts together, one per concern. Knows nothing of the other modules.
 */
package puzzle.cluster;

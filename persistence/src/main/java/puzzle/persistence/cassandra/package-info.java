/**
 * A Cassandra on this machine, for development and tests: a real one, as a process of its own, from
 * Maven's artefacts. In production a cluster's own Cassandra is used, see {@code persistence.conf}.
 */
package puzzle.persistence.cassandra;

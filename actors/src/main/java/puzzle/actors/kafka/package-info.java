/**
 * Runs on Kafka: every event of the journal out as a CloudEvent, commands and measurements of other
 * systems in. Outbound is a projection with a stored offset, at least once; inbound commits after
 * the journal has what a record asked for, and every record has an id that makes it count once.
 * Depends on the journal's events and on the messages of run and block; nothing depends on it but
 * the node.
 */
package puzzle.actors.kafka;

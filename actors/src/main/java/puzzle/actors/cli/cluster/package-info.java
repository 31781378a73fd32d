/**
 * Commands that start a node ({@code node}), ask one (through a cluster link: {@code submit},
 * {@code status}, {@code watch} and the orders; over HTTP: {@code import}, {@code worker}), or set
 * up a cluster on one machine ({@code dev}).
 */
package puzzle.actors.cli.cluster;

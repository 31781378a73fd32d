/** The journal in a folder: H2 in the node's own process. */
package puzzle.persistence.embedded;

/**
 * The values Puzzle speaks of: variants, blocks, scores, costs, targets, architectures.
 *
 * <p>Records of the JDK's types, immutable and checked on construction, so that engine, journal and
 * messages can share them; the only library they see is Jackson's annotations, which name the kinds
 * of a sealed type in JSON. The words are those of Puzzle (arXiv 2411.19146, section 2): a
 * <em>variant</em> replaces one subblock of a layer, a <em>block</em> is a pair of variants, an
 * <em>architecture</em> is one block per layer.
 */
package puzzle.model;

/**
 * The actors: who owns what of a search, who tells whom, and what happens when one dies. See
 * docs/architecture.md for the picture.
 *
 * <p>Actors decide; values they decide on live in {@code puzzle.model}, messages in {@code
 * puzzle.protocol}, facts in {@code puzzle.persistence}, tensors and optimisation in {@code
 * puzzle.engine}. Domain logic sits in plain classes beside each actor.
 */
package puzzle.actors;

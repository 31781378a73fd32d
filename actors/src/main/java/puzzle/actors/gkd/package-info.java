/**
 * The actor of GKD, the global distillation of the chosen child (section 4.3): owns its tasks, one
 * for every shard of the batch in each round, and the one that ends it.
 */
package puzzle.actors.gkd;

/**
 * The distill actor: launches GKD, the final global distillation of the chosen child (section 4.3),
 * in rounds that every shard of the batch takes part in.
 */
package puzzle.actors.gkd;

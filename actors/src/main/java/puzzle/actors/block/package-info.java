/**
 * One actor per layer of the parent: trains the layer's variants (section 3) and scores its blocks
 * (section 4.2), as a plan over what is on record. {@link puzzle.actors.block.LayerPlan} is the
 * plan, {@link puzzle.actors.block.BlockActor} the record's keeper.
 */
package puzzle.actors.block;

/**
 * One actor per layer of the parent: trains the layer's variants (section 3) and scores its blocks
 * (section 4.2), as a plan over what is on record. {@link puzzle.actors.layer.LayerPlan} decides
 * what to do next, {@link puzzle.actors.layer.LayerActor} keeps the record.
 */
package puzzle.actors.layer;

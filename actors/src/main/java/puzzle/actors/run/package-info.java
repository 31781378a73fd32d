/**
 * The life of a run. {@link puzzle.actors.run.RunPlan} reads off the record what is wanted next,
 * {@link puzzle.actors.run.RunActor} keeps the record and tells the others, {@link
 * puzzle.actors.run.RunFolder} writes what people read.
 */
package puzzle.actors.run;

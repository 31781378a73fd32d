/** Global distillation of the assembled child (section 4.3): one task, one owner. */
package puzzle.actors.distill;

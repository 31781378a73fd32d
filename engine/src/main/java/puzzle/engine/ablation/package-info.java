/**
 * The paper's ablations on a model that is at hand (Puzzle, tables 8 to 17 and figure 7): the same
 * libraries, scores, choices and distillations as in a run, with one thing at a time done another
 * way, over several seeds. Calls the engine's parts directly; nothing depends on it but the command
 * line.
 */
package puzzle.engine.ablation;

/**
 * The parent's pass over the corpus: every layer's states on disk (the tapes that BLD trains on),
 * importances of channels and heads, and the final states that give the logits scores compare with.
 * Depends on {@code nn}, {@code data} and {@code store}.
 */
package puzzle.engine.recording;

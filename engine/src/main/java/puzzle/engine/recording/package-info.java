/**
 * The parent's pass over the corpus: every layer's states on disk (the tapes that BLD trains on),
 * importances of channels and heads, and the logits that scores compare with. Depends on {@code
 * nn}, {@code data} and {@code store}.
 */
package puzzle.engine.recording;

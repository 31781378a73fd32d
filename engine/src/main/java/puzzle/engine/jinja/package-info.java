/**
 * The part of the template language Jinja that chat templates are written in, as Python's jinja2
 * computes it with the settings of Hugging Face's transformers ({@code trim_blocks}, {@code
 * lstrip_blocks}). Plain Java; knows nothing of models.
 */
package puzzle.engine.jinja;

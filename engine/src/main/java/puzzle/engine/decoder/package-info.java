/**
 * What a decoder consists of, without computing anything: its configuration, the names and shapes
 * of its tensors, and where weights come from. The ground floor of the engine: no tensor library,
 * no files.
 */
package puzzle.engine.decoder;

/**
 * What actors say to each other: one holder interface per actor, with its commands inside, always
 * written with their holder ({@code Layer.Build}).
 *
 * <p>Each holder has a sealed {@code Command}; its one opening, {@code Internal}, is for messages
 * an actor sends itself and never leaves a process. Everything else is a record, is {@link
 * puzzle.protocol.Wire} and travels as CBOR. Tensors never travel: a message carries a {@link
 * puzzle.model.CheckpointRef}.
 */
package puzzle.protocol;

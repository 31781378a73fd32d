package puzzle.protocol;

/**
 * Marks what may cross a node's border or enter the journal. The only type a serializer is bound
 * to; whatever lacks it cannot leave its process.
 */
public interface Wire {}

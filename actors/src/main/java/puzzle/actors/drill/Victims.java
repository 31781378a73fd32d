package puzzle.actors.drill;

/** What a drill kills; the names are the command line's. */
public enum Victims {
  /** One node, sometimes all. */
  nodes,
  /** All nodes, each time. */
  all,
  /** The journal's own process. */
  journal
}

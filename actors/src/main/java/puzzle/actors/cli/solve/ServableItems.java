package puzzle.actors.cli.solve;

import java.util.ArrayList;
import java.util.List;
import puzzle.engine.decoder.Servable;
import puzzle.engine.solve.Servability;
import puzzle.engine.solve.SolverTable;
import puzzle.model.Block;
import puzzle.model.InvalidInputException;

/** What a server can run of the items of a table, which must be named {@code attention+ffn}. */
final class ServableItems {

  private ServableItems() {}

  /**
   * @throws InvalidInputException if an item's name says nothing of its halves
   */
  static Servability.Rules of(Servable server, SolverTable table) {
    List<List<Block>> blocks = new ArrayList<>();
    for (int layer = 0; layer < table.layers(); layer++) {
      List<Block> items = new ArrayList<>();
      for (String name : table.itemNames(layer)) {
        items.add(block(server, layer, name));
      }
      blocks.add(items);
    }
    return new Servability.Rules(
        (layer, item) ->
            server.violations(layer, table.layers(), blocks.get(layer).get(item)).isEmpty(),
        (layer, item) -> blocks.get(layer).get(item).isNoOp(),
        server.startsWithAttention()
            ? (layer, item) -> !blocks.get(layer).get(item).attention().isNoOp()
            : null);
  }

  private static Block block(Servable server, int layer, String name) {
    try {
      return Block.parse(name);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "layer %d item '%s': the name does not tell whether %s can run it.%n%s"
              .formatted(layer, name, server, "Maybe name items like kv-4+ffn-640."),
          e);
    }
  }
}

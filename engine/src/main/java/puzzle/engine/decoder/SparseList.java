package puzzle.engine.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import puzzle.engine.json.JsonValue;
import puzzle.model.Subblock;

/** Lists of subblocks in {@code per_layer_config}: {@code "skip": ["attention", "mlp"]}. */
final class SparseList {

  private static final String ATTENTION = "attention";
  private static final String FFN = "mlp";

  private SparseList() {}

  static boolean names(JsonValue layer, String list, Subblock subblock) {
    boolean named = false;
    for (String name : layer.texts(list)) {
      Subblock one =
          switch (name) {
            case ATTENTION -> Subblock.ATTENTION;
            case FFN, "ffn" -> Subblock.FFN;
            default -> throw layer.bad(list, "names neither attention nor mlp");
          };
      named |= one == subblock;
    }
    return named;
  }

  static void add(ObjectNode layer, String list, Subblock subblock) {
    layer.withArray(list).add(subblock == Subblock.ATTENTION ? ATTENTION : FFN);
  }
}

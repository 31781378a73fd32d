package puzzle.engine.store;

/** Where everything lies in a run's store: paths below its folder, with forward slashes. */
public final class StorePaths {

  /** Names every other file of the recording, and itself is what tasks refer to. */
  public static final String RECORDING = recording("index.json");

  /** What the run's products compute in. */
  public static final String PRECISION = "precision";

  /** The folder of what global distillation leaves. */
  public static final String GKD = "gkd";

  /** The healed child's weights. */
  public static final String CHILD = GKD + "/child.safetensors";

  /** The folder of the healed child as servers load it. */
  public static final String EXPORTED = "child";

  private StorePaths() {}

  /** One of the parent's tensors files: tokens, logits, importance, states held out. */
  public static String recorded(String name) {
    return recording(name + ".safetensors");
  }

  /**
   * The parent's states that a layer is trained on.
   *
   * @param layer one more than there are for the last states
   */
  public static String trainingStates(int layer) {
    return recorded("layer-%03d".formatted(layer));
  }

  private static String recording(String file) {
    return "recording/" + file;
  }

  public static boolean isRecording(String path) {
    return path.startsWith(recording(""));
  }

  /**
   * What was trained for a layer.
   *
   * @param name of the variant, or of the block that was trained as a whole
   */
  public static String trained(int layer, String name) {
    return trained("library", layer, name);
  }

  /** The same in one of several libraries. */
  public static String trained(String library, int layer, String name) {
    return "%s/layer-%03d/%s.safetensors".formatted(library, layer, name);
  }

  /** Names the last state of a training that is under way. */
  public static String training(int layer, String name) {
    return "library/layer-%03d/%s.training.json".formatted(layer, name);
  }

  /** The state of a training after some steps. */
  public static String training(int layer, String name, int steps) {
    return "library/layer-%03d/%s.training-%06d.safetensors".formatted(layer, name, steps);
  }

  /** One shard's parameters and moments after a round of global distillation. */
  public static String gkdState(int round, int shard) {
    return "%s/%sshard-%02d.safetensors".formatted(GKD, gkdRound(round), shard);
  }

  /** What the names of a round's files in {@link #GKD} begin with. */
  public static String gkdRound(int round) {
    return "round-%05d-".formatted(round);
  }
}

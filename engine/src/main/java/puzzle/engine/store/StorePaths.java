package puzzle.engine.store;

import puzzle.model.Part;

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

  /** The folder of its weights while they are written part by part. */
  private static final String SHARDS = "export";

  /** The recorded tokens of all splits. */
  public static final String TOKENS = "tokens";

  private StorePaths() {}

  /** What a share of a model's evaluation told of each sequence. */
  public static String observed(String label, Part part) {
    return "evaluation/%s%s.json".formatted(label, suffix(part));
  }

  /** A part of the healed child's weights. */
  public static String shard(String name) {
    return SHARDS + "/" + name;
  }

  /** One of the parent's tensors files: tokens, logits, importance, states held out. */
  public static String recorded(String name) {
    return recording(name + ".safetensors");
  }

  /**
   * The parent's states on a share of a split.
   *
   * @param layer one more than there are for the last states
   */
  public static String states(String split, String place, int layer, Part part) {
    return recorded("%s-%s-%03d%s".formatted(split, place, layer, suffix(part)));
  }

  /** What a share of the recording is known by. */
  public static String recordedShare(Part part) {
    return recording("share" + suffix(part) + ".json");
  }

  /** How active channels and heads are on a share of the training sequences. */
  public static String activity(Part part) {
    return recorded("activity" + suffix(part));
  }

  /** True of a file that a part of a recording made, and nothing else did. */
  public static boolean isOf(Part part, String path) {
    return path.contains(suffix(part) + ".");
  }

  private static String suffix(Part part) {
    return part.of() == 1 ? "" : "-%05d-of-%05d".formatted(part.index(), part.of());
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

  /** The child before a round, kept because it was the best so far. */
  public static String gkdChild(int round) {
    return "%s/child-round-%05d.safetensors".formatted(GKD, round);
  }

  /** What the names of a round's files in {@link #GKD} begin with. */
  public static String gkdRound(int round) {
    return "round-%05d-".formatted(round);
  }
}

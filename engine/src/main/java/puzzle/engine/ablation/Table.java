package puzzle.engine.ablation;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The ablations, with what the paper found; its figures are accuracies, larger is better. */
public enum Table {
  OPTIMISER(
      "13, 14",
      "How the architecture is chosen",
      "solver: 78.39 MMLU; greedy: 70.74 MMLU; maximum parameters: 23.12 MMLU; random: -"),
  SPACE(
      "12",
      "What may be chosen from, at the same speed",
      "full space: 78.39 MMLU; no-op only: 75.40 MMLU"),
  METRIC("figure 7", "What blocks are scored by", "KL: better; LM loss: worse; top-1 accuracy: -"),
  BUDGET(
      "10",
      "Tokens of blockwise local distillation",
      "full budget: 8.98 MT-Bench; 1/2: 8.86 MT-Bench; 1/4: 8.51 MT-Bench; no BLD: -"),
  DATA(
      "9",
      "What the library is trained and scored on, at half the budget",
      "broad mix: 78.39 MMLU; one genre: 74.84 MMLU"),
  TASK(
      "11",
      "Blocks scored on the task that counts, quality on that task",
      "scored on the task: 66.24; scored on all: 64.94"),
  COUPLING(
      "8",
      "Halves of a block trained alone or together",
      "two-stage: 73.98 MMLU; decoupled: -; decoupled, reduced space: 73.10 MMLU; two-stage, same tokens: -"),
  LIBRARY(
      "15",
      "What the library is worth, after GKD",
      "chosen: 79.7; random choice: 66.0; random weights: 23.1"),
  GKD("16", "Global distillation", "GKD: 85.10; none: 82.55"),
  LOSSES(
      "17",
      "Losses of the global distillation",
      "none: 82.55; LM: 77.83; LM+KLD: 83.88; KLD: 83.07; LM+cosine: 78.52; cosine: 83.40; cosine+KLD: 84.16; LM+cosine+KLD: 83.03");

  private final String number;
  private final String title;
  private final Map<String, String> paper = new LinkedHashMap<>();

  /**
   * @param paper the paper's figure of each cell, {@code cell: figure; cell: figure}
   */
  Table(String number, String title, String paper) {
    this.number = number;
    this.title = title;
    for (String cell : paper.split("; ")) {
      this.paper.put(cell.split(": ")[0], cell.split(": ")[1]);
    }
  }

  /** As the command line names it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The paper's number. */
  String number() {
    return number.startsWith("figure") ? number : "table " + number;
  }

  String title() {
    return title;
  }

  /** Cells in the order they are shown. */
  List<String> cells() {
    return List.copyOf(paper.keySet());
  }

  String paper(String cell) {
    return paper.get(cell);
  }
}

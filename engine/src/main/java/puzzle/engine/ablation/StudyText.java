package puzzle.engine.ablation;

/** What a library is trained on and scored with (table 9). */
enum StudyText {
  /** The run's whole corpus. */
  BROAD,
  /** Its English documents alone. */
  ENGLISH
}

package puzzle.model;

/**
 * A share of a long task: some of the sequences that it runs, or of the layers that it writes.
 *
 * @param whole the task as it is undivided
 */
public record TaskPart(DivisibleTask whole, Part part) implements Task {

  public static String key(String whole, int part) {
    return whole + "/" + part;
  }

  @Override
  public String key() {
    return key(whole.key(), part.index());
  }

  @Override
  public CheckpointRef recording() {
    return whole.recording();
  }

  @Override
  public Architecture architecture() {
    return whole.architecture();
  }

  @Override
  public Class<? extends TaskResult> resultType() {
    return TaskResult.PartMade.class;
  }
}

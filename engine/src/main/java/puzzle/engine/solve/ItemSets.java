package puzzle.engine.solve;

/**
 * The items that are left in each group: sparse sets, so that removals are undone by restoring
 * marks in reverse order.
 */
final class ItemSets {

  private final int[] start;
  private final int[] place;

  /** Group g's items that are left are {@code list[start[g]] .. list[start[g] + size(g) - 1]}. */
  final int[] list;

  private final int[] size;

  ItemSets(Problem problem) {
    this.start = problem.start;
    int slots = problem.item.length;
    this.list = new int[slots];
    this.place = new int[slots];
    this.size = new int[problem.groups];
    for (int g = 0; g < problem.groups; g++) {
      size[g] = problem.size(g);
    }
    for (int s = 0; s < slots; s++) {
      list[s] = s;
      place[s] = s;
    }
  }

  int size(int group) {
    return size[group];
  }

  /** Stands for the items a group has now: {@link #restore} takes back those removed since. */
  int mark(int group) {
    return size[group];
  }

  /** Marks of a group are restored in the reverse of the order in which they were made. */
  void restore(int group, int mark) {
    size[group] = mark;
  }

  boolean has(int group, int slot) {
    return place[slot] < start[group] + size[group];
  }

  void remove(int group, int slot) {
    moveTo(start[group] + --size[group], slot);
  }

  /** Takes back a removed item, in any order. */
  void add(int group, int slot) {
    moveTo(start[group] + size[group]++, slot);
  }

  /** Leaves one item of a group. */
  void only(int group, int slot) {
    moveTo(start[group], slot);
    size[group] = 1;
  }

  private void moveTo(int target, int slot) {
    int at = place[slot];
    int other = list[target];
    list[at] = other;
    place[other] = at;
    list[target] = slot;
    place[slot] = target;
  }
}

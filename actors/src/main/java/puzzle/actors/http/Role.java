package puzzle.actors.http;

import java.util.Locale;

/** What a token allows. An operator may do what a viewer may. */
enum Role {
  /** Looks. */
  VIEWER,
  /** Looks, steers and delivers. */
  OPERATOR;

  boolean includes(Role needed) {
    return ordinal() >= needed.ordinal();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

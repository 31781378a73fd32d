package puzzle.engine.jinja;

import java.util.List;

/** A part of a template that writes. */
interface Statement {

  /** How a statement ended. */
  enum End {
    NORMAL,
    BREAK,
    CONTINUE
  }

  End run(Scope scope, StringBuilder out);

  /** One after the other, until one leaves the loop. */
  static Statement block(List<Statement> statements) {
    return (scope, out) -> {
      for (Statement statement : statements) {
        End end = statement.run(scope, out);
        if (end != End.NORMAL) {
          return end;
        }
      }
      return End.NORMAL;
    };
  }
}
